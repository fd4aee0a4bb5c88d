{#- A key without its occurrence: the order number it was made of, folded as numbers of orders are now. -#}
{% macro key_base(key, occurrence) -%}
    {{ return(adapter.dispatch('key_base', 'order_sync')(key, occurrence)) }}
{%- endmacro %}

{% macro default__key_base(key, occurrence) -%}
    {{ order_sync.match_text(
        "case when " ~ occurrence ~ " = '' then " ~ key
        ~ " else left(" ~ key ~ ", length(" ~ key ~ ") - length(" ~ occurrence ~ ") - 1) end"
    ) }}
{%- endmacro %}

{% macro sqlserver__key_base(key, occurrence) -%}
    {{ order_sync.match_text(
        "case when " ~ occurrence ~ " = N'' then " ~ order_sync.exact(key)
        ~ " else left(" ~ order_sync.exact(key) ~ ", len(" ~ key ~ ") - len(" ~ occurrence ~ ") - 1) end"
    ) }}
{%- endmacro %}
