{#- For regular expressions, to stand between brackets. -#}
{% macro character_class(codes) -%}
    {%- for code in codes -%}\x{{ '{%X}' | format(code) }}{%- endfor -%}
{%- endmacro %}
