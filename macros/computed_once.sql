{% macro computed_once() -%}
    {{ return(adapter.dispatch('computed_once', 'order_sync')()) }}
{%- endmacro %}

{#- DuckDB computes a column that is read several times only once. -#}
{% macro default__computed_once() -%}
{%- endmacro %}

{#- SQL Server writes the expression of a column wherever the column is read, so steps that build on one another multiply.
    A limit that no table reaches keeps each step by itself. -#}
{% macro sqlserver__computed_once() -%}
    top (9223372036854775807)
{%- endmacro %}
