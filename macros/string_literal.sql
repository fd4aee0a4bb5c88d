{% macro string_literal(value) -%}
    {{ return(adapter.dispatch('string_literal', 'order_sync')(value)) }}
{%- endmacro %}

{% macro default__string_literal(value) -%}
    '{{ value | replace("'", "''") }}'
{%- endmacro %}

{#- Without N the literal goes through the code page of the database. -#}
{% macro sqlserver__string_literal(value) -%}
    N'{{ value | replace("'", "''") }}'
{%- endmacro %}
