{#- When this build began, in UTC: one moment for every row, whatever the clock or the time zone of the server. -#}
{% macro build_time() -%}
    {{ return(order_sync.timestamp_literal(run_started_at)) }}
{%- endmacro %}
