{#- BATCH_ID of the customer with this number in the build: UTC build time, six digits of the invocation, the number. -#}
{% macro batch_id(number) -%}
    {%- set build = run_started_at.astimezone(modules.pytz.utc).strftime('%Y%m%dT%H%M%S') ~ '-' ~ invocation_id[:6] -%}
    concat(
        {{ order_sync.text_literal(build ~ '-') }},
        case when {{ number }} < 10 then '00' when {{ number }} < 100 then '0' else '' end,
        {{ number }}
    )
{%- endmacro %}
