{#- The mapped columns that are read from ORDERS_UNIFIED, as opposed to the names and keys that are made of them; each
    with the type of its source column (none inside unit tests), and that column's name as the table spells it. -#}
{% macro source_fields() -%}
    {%- set fields = [] -%}
    {%- set columns = order_sync.source_columns() -%}
    {%- for field in order_sync.mapped_columns() if field.source -%}
        {%- set column = columns.get(field.source | upper, {'name': field.source, 'type': none}) -%}
        {%- do fields.append(dict(field, source=column.name, source_type=column.type)) -%}
    {%- endfor -%}
    {{ return(fields) }}
{%- endmacro %}
