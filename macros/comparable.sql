{% macro comparable(column) -%}
    {{ return(adapter.dispatch('comparable', 'order_sync')(column)) }}
{%- endmacro %}

{% macro default__comparable(column) -%}
    {{ column }}
{%- endmacro %}

{#- Whatever the type, as a text that groups by its code points: the collation of the database may take two keys for one. -#}
{% macro sqlserver__comparable(column) -%}
    {{ order_sync.exact('cast(' ~ column ~ ' as nvarchar(4000))') }}
{%- endmacro %}
