{#- The one text form of a value, for hashing: numbers without trailing zeros, dates as YYYY-MM-DD. -#}
{% macro canonical_text(expression, type) -%}
    {%- if type == 'numbers' -%}
        {{ order_sync.number_to_text(expression) }}
    {%- elif type in ['integer', 'date'] -%}
        cast({{ expression }} as nvarchar(40))
    {%- else -%}
        replace({{ order_sync.exact(expression) }}, {{ order_sync.text_literal('|') }}, {{ order_sync.text_literal('||') }})
    {%- endif -%}
{%- endmacro %}
