{% macro json_text(json, name) -%}
    {{ return(adapter.dispatch('json_text', 'order_sync')(json, name)) }}
{%- endmacro %}

{% macro default__json_text(json, name) -%}
    json_extract_string({{ json }}, {{ order_sync.text_literal('$.' ~ tojson(name)) }})
{%- endmacro %}

{% macro sqlserver__json_text(json, name) -%}
    {{ order_sync.exact('json_value(' ~ json ~ ', ' ~ order_sync.text_literal('$.' ~ tojson(name)) ~ ')') }}
{%- endmacro %}
