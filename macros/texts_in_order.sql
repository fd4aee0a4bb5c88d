{% macro texts_in_order(text, sort_key) -%}
    {{ return(adapter.dispatch('texts_in_order', 'order_sync')(text, sort_key)) }}
{%- endmacro %}

{% macro default__texts_in_order(text, sort_key) -%}
    string_agg({{ text }}, ';' order by {{ sort_key }})
{%- endmacro %}

{% macro sqlserver__texts_in_order(text, sort_key) -%}
    string_agg(cast({{ text }} as nvarchar(max)), N';') within group (order by {{ order_sync.exact(sort_key) }})
{%- endmacro %}
