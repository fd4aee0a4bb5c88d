{#- Runs before anything is written and stops the build with one sentence where a variable has no value that it may
    have, or a table or column that the models read isn't there or has a type that they can't read. Compiling and
    documenting don't come here, so they work without a database. -#}
{% macro check_inputs() -%}
    {#- `dbt retry` and whatever else runs models needs the file as well. -#}
    {%- if execute -%}{%- do order_sync.attach_orders_source() -%}{%- endif -%}
    {%- if execute and flags.WHICH in ['build', 'run', 'test'] -%}
        {%- do order_sync.check_variables() -%}
        {%- do order_sync.check_orders() -%}
        {%- do order_sync.check_orders_scope() -%}
        {%- do order_sync.check_sync_tables() -%}
    {%- endif -%}
{%- endmacro %}
