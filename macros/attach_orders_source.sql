{#- Attaches the DuckDB file that ORDERS_SOURCE names, read-only; stops the build where there is none. -#}
{% macro attach_orders_source() -%}
    {{ return(adapter.dispatch('attach_orders_source', 'order_sync')()) }}
{%- endmacro %}

{#- Here rather than in profiles.yml, so that a wrong path ends in one sentence. -#}
{% macro default__attach_orders_source() -%}
    {%- set path = env_var('ORDERS_SOURCE', '') -%}
    {%- if path -%}
        {%- set file = order_sync.text_literal(path) -%}
        {%- if not run_query('select 1 from glob(' ~ file ~ ')').rows -%}
            {%- do exceptions.raise_compiler_error(
                "ORDERS_SOURCE names " ~ path ~ ", where no file is: set it to the DuckDB file that holds ORDERS_UNIFIED."
            ) -%}
        {%- endif -%}
        {%- do run_query('attach if not exists ' ~ file ~ ' as orders_source (read_only)') -%}
    {%- endif -%}
{%- endmacro %}

{#- DB_ORDERS_SOURCE_SCHEMA names the place there. -#}
{% macro sqlserver__attach_orders_source() -%}
{%- endmacro %}
