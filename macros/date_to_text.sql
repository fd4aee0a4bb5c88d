{% macro date_to_text(day) -%}
    {{ return(adapter.dispatch('date_to_text', 'order_sync')(day)) }}
{%- endmacro %}

{% macro default__date_to_text(day) -%}
    cast({{ day }} as varchar)
{%- endmacro %}

{#- Style 23 is YYYY-MM-DD whatever the language of the login. -#}
{% macro sqlserver__date_to_text(day) -%}
    convert(nvarchar(10), {{ day }}, 23)
{%- endmacro %}
