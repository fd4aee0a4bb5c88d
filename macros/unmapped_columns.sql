{#- Quoted names of the columns of ORDERS_UNIFIED that no field is read from, but for record_uuid, which is another at each
    load. -#}
{% macro unmapped_columns() -%}
    {%- set names = ['record_uuid'] -%}
    {%- for field in order_sync.source_fields() -%}{%- do names.append(field.source | lower) -%}{%- endfor -%}
    {%- set found = [] -%}
    {%- for column in order_sync.order_columns() if column.name | lower not in names -%}
        {%- do found.append(order_sync.quoted_name(column.name)) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
