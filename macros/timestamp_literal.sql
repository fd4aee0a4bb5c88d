{% macro timestamp_literal(moment) -%}
    {{ return(adapter.dispatch('timestamp_literal', 'order_sync')(moment)) }}
{%- endmacro %}

{% macro default__timestamp_literal(moment) -%}
    cast('{{ moment.astimezone(modules.pytz.utc).strftime('%Y-%m-%d %H:%M:%S.%f') }}' as timestamp)
{%- endmacro %}

{% macro sqlserver__timestamp_literal(moment) -%}
    cast('{{ moment.astimezone(modules.pytz.utc).strftime('%Y-%m-%dT%H:%M:%S.%f') }}' as datetime2(6))
{%- endmacro %}
