{#- The mapped columns that are read from ORDERS_UNIFIED, as opposed to the names and keys that are made of them. -#}
{% macro source_fields() -%}
    {{ return(order_sync.mapped_columns() | selectattr('source') | list) }}
{%- endmacro %}
