{#- What counts as white space at the ends of a text: the set that Python's str.strip() takes off, less the control
    characters, which are gone by then. 10 and 13 matter for long text alone. -#}
{% macro blank_codes() -%}
    {{ return([32, 10, 13, 160, 5760] + range(8192, 8203) | list + [8232, 8233, 8239, 8287, 12288]) }}
{%- endmacro %}
