{#- The columns that ROW_HASH covers and CHANGED_COLUMNS names: all that are pushed at every change. -#}
{% macro hashed_fields() -%}
    {{ return(order_sync.mapped_columns() | selectattr('write', 'equalto', 'always') | list) }}
{%- endmacro %}
