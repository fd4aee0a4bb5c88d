{#- Mapped columns that tell rows apart which are alike in all that pairing compares: dates and short texts. Numbers and long
    texts come last, for they change with every price list, for all rows at once; a change of the mapping changes every
    hash, and then nothing else tells them apart. -#}
{% macro tie_columns() -%}
    {%- set compared = ['AAG ORDER NUMBER', 'CUSTOMER'] + order_sync.identity_columns() -%}
    {%- set found, last = [], [] -%}
    {%- for field in order_sync.source_fields() if field.name not in compared -%}
        {%- do (last if field.type in ['numbers', 'long_text'] else found).append({'quoted': field.quoted, 'type': field.type}) -%}
    {%- endfor -%}
    {{ return(found + last) }}
{%- endmacro %}
