{% macro build_time() -%}
    {{ return(adapter.dispatch('build_time', 'order_sync')()) }}
{%- endmacro %}

{#- When this build began, in UTC: one moment for every row, whatever the clock or the time zone of the server. -#}
{% macro default__build_time() -%}
    cast('{{ run_started_at.astimezone(modules.pytz.utc).strftime('%Y-%m-%d %H:%M:%S.%f') }}' as timestamp)
{%- endmacro %}

{% macro sqlserver__build_time() -%}
    cast('{{ run_started_at.astimezone(modules.pytz.utc).strftime('%Y-%m-%dT%H:%M:%S.%f') }}' as datetime2(6))
{%- endmacro %}
