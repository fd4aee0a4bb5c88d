{% macro match_text(text) -%}
    {{ order_sync.upper_text(order_sync.fold_text(text)) }}
{%- endmacro %}
