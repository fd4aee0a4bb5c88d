{#- With a length of its own a text can be grouped and joined in memory on SQL Server; nvarchar(max) is a large object. A
    character outside the basic plane takes two of its units. -#}
{% macro short_text(text, length) -%}
    cast({{ order_sync.first_characters(text, length) }} as nvarchar({{ 2 * length }}))
{%- endmacro %}
