{% macro exact(text) -%}
    {{ return(adapter.dispatch('exact', 'order_sync')(text)) }}
{%- endmacro %}

{% macro default__exact(text) -%}
    {{ text }}
{%- endmacro %}

{#- Without it SQL Server compares by the collation of the column or the database: case, width and accents may not count. -#}
{% macro sqlserver__exact(text) -%}
    ({{ text }}) collate Latin1_General_100_BIN2
{%- endmacro %}
