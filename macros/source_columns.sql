{#- The columns of ORDERS_UNIFIED by their keys; of two with one key, the one that is spelt so. -#}
{% macro source_columns() -%}
    {%- set found = {} -%}
    {%- for column in order_sync.order_columns() if column.key not in found or column.name | upper == column.key -%}
        {%- do found.update({column.key: column}) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
