{% macro text_literal(value) -%}
    {{ return(adapter.dispatch('text_literal', 'order_sync')(value)) }}
{%- endmacro %}

{% macro default__text_literal(value) -%}
    '{{ value | replace("'", "''") }}'
{%- endmacro %}

{#- Without N the literal goes through the code page of the database. -#}
{% macro sqlserver__text_literal(value) -%}
    N'{{ value | replace("'", "''") }}'
{%- endmacro %}
