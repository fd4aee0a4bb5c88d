{% macro characters(codes) -%}
    {{ return(adapter.dispatch('characters', 'order_sync')(codes)) }}
{%- endmacro %}

{#- As they are, in one literal: a call of chr() for each makes the statement long to read for DuckDB. -#}
{% macro default__characters(codes) -%}
    '{% for code in codes %}{{ '%c' | format(code) }}{% endfor %}'
{%- endmacro %}

{#- char() would go through the code page of the database; nchar() doesn't. -#}
{% macro sqlserver__characters(codes) -%}
    {%- set parts = [] -%}
    {%- for code in codes %}{% do parts.append('nchar(' ~ code ~ ')') %}{% endfor -%}
    ({{ parts | join(' + ') }})
{%- endmacro %}
