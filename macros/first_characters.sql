{% macro first_characters(text, count) -%}
    {{ return(adapter.dispatch('first_characters', 'order_sync')(text, count)) }}
{%- endmacro %}

{% macro default__first_characters(text, count) -%}
    left({{ text }}, {{ count }})
{%- endmacro %}

{#- A collation with supplementary characters never cuts one in half. -#}
{% macro sqlserver__first_characters(text, count) -%}
    (left(({{ text }}) collate Latin1_General_100_CI_AS_SC, {{ count }})) collate Latin1_General_100_BIN2
{%- endmacro %}
