{% macro date_to_text(day) -%}
    {{ return(adapter.dispatch('date_to_text', 'order_sync')(day)) }}
{%- endmacro %}

{% macro default__date_to_text(day) -%}
    cast({{ day }} as varchar)
{%- endmacro %}

{#- A date becomes YYYY-MM-DD whatever the language of the login; only the older date and time types follow it. -#}
{% macro sqlserver__date_to_text(day) -%}
    cast({{ day }} as nvarchar(10))
{%- endmacro %}
