{% macro values_differ(left_value, right_value, type) -%}
    {{ return(adapter.dispatch('values_differ', 'order_sync')(left_value, right_value, type)) }}
{%- endmacro %}

{% macro default__values_differ(left_value, right_value, type) -%}
    {{ left_value }} is distinct from {{ right_value }}
{%- endmacro %}

{#- SQL Server pads with blanks before it compares text, in every collation: the lengths tell the rest. -#}
{% macro sqlserver__values_differ(left_value, right_value, type) -%}
    (
        {{ left_value }} is null and {{ right_value }} is not null
        or {{ left_value }} is not null and {{ right_value }} is null
        {%- if type in ['numbers', 'date', 'integer'] %}
        or {{ left_value }} <> {{ right_value }}
        {%- else %}
        or {{ order_sync.exact(left_value) }} <> {{ order_sync.exact(right_value) }}
        or datalength({{ left_value }}) <> datalength({{ right_value }})
        {%- endif %}
    )
{%- endmacro %}
