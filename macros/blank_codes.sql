{#- White space, as Python's str.strip() takes it off the ends of a text, less the control characters, which are gone by
    then; 10 and 13 matter for long text alone. The last three only look blank. -#}
{% macro blank_codes() -%}
    {{ return([32, 10, 13, 160, 5760] + range(8192, 8203) | list + [8232, 8233, 8239, 8287, 12288, 10240, 12644, 65440]) }}
{%- endmacro %}
