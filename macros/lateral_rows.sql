{#- Joins each row with rows that are made of its own columns. -#}
{% macro lateral_rows() -%}
    {{ return(adapter.dispatch('lateral_rows', 'order_sync')()) }}
{%- endmacro %}

{% macro default__lateral_rows() -%}
    cross join lateral
{%- endmacro %}

{% macro sqlserver__lateral_rows() -%}
    cross apply
{%- endmacro %}
