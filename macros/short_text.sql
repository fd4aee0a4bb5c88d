{% macro short_text(text, length) -%}
    {{ return(adapter.dispatch('short_text', 'order_sync')(text, length)) }}
{%- endmacro %}

{% macro default__short_text(text, length) -%}
    left({{ text }}, {{ length }})
{%- endmacro %}

{#- With a length of its own the column can be grouped and joined in memory; nvarchar(max) is a large object. A character
    outside the basic plane takes two of its units. -#}
{% macro sqlserver__short_text(text, length) -%}
    cast({{ order_sync.first_characters(text, length) }} as nvarchar({{ 2 * length }}))
{%- endmacro %}
