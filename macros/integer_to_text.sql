{% macro integer_to_text(number) -%}
    {{ return(adapter.dispatch('integer_to_text', 'order_sync')(number)) }}
{%- endmacro %}

{% macro default__integer_to_text(number) -%}
    cast({{ number }} as varchar)
{%- endmacro %}

{% macro sqlserver__integer_to_text(number) -%}
    cast({{ number }} as nvarchar(40))
{%- endmacro %}
