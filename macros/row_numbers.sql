{% macro row_numbers() -%}
    {{ return(adapter.dispatch('row_numbers', 'order_sync')()) }}
{%- endmacro %}

{#- Without an order DuckDB numbers rows as it reads them, and sorts nothing. -#}
{% macro default__row_numbers() -%}
    row_number() over ()
{%- endmacro %}

{% macro sqlserver__row_numbers() -%}
    row_number() over (order by (select null))
{%- endmacro %}
