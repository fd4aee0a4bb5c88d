{% macro characters(codes) -%}
    {{ return(adapter.dispatch('characters', 'order_sync')(codes)) }}
{%- endmacro %}

{% macro default__characters(codes) -%}
    {%- set parts = [] -%}
    {%- for code in codes %}{% do parts.append('chr(' ~ code ~ ')') %}{% endfor -%}
    concat({{ parts | join(', ') }})
{%- endmacro %}

{#- char() would go through the code page of the database; nchar() doesn't. -#}
{% macro sqlserver__characters(codes) -%}
    {%- set parts = [] -%}
    {%- for code in codes %}{% do parts.append('nchar(' ~ code ~ ')') %}{% endfor -%}
    ({{ parts | join(' + ') }})
{%- endmacro %}
