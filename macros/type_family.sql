{#- What kind of values a column of this type holds: text, integer, number, date, switch or none at all; other where it is another. The
    size or scale of a type doesn't count. -#}
{% macro type_family(type) -%}
    {%- set base = type.split('(')[0] | trim | lower -%}
    {%- for family, types in order_sync.type_families().items()
        if base in types and not type.endswith(']') -%}
        {{ return(family) }}
    {%- endfor -%}
    {{ return('other') }}
{%- endmacro %}
