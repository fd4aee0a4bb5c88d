{#- Mapped columns that tell rows apart which are alike in all that pairing compares: dates and short texts. Numbers change
    with every price list, and for all rows at once. -#}
{% macro tie_columns() -%}
    {%- set compared = ['AAG ORDER NUMBER', 'CUSTOMER'] + order_sync.identity_columns() -%}
    {%- set found = [] -%}
    {%- for field in order_sync.source_fields() if field.type not in ['numbers', 'long_text'] and field.name not in compared -%}
        {%- do found.append({'quoted': field.quoted, 'type': field.type}) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
