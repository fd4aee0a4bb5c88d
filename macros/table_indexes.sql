{% macro table_indexes(indexes) -%}
    {{ return(adapter.dispatch('table_indexes', 'order_sync')(indexes)) }}
{%- endmacro %}

{#- DuckDB reads columns whole and joins by hashing: an index would cost time at every build and serve nothing. -#}
{% macro default__table_indexes(indexes) -%}
    {{ return([]) }}
{%- endmacro %}

{% macro sqlserver__table_indexes(indexes) -%}
    {{ return(indexes) }}
{%- endmacro %}
