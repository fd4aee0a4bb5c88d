{#- Stops the build where the database can't read the variable orders_scope as a condition over ORDERS_UNIFIED. -#}
{% macro check_orders_scope() -%}
    {%- set scope = var('orders_scope') -%}
    {%- if scope -%}
        {%- set node = order_sync.orders_source() -%}
        {%- set relation = api.Relation.create(database=node.database, schema=node.schema, identifier=node.identifier) -%}
        {%- set query = 'select count(*) as ROWS_CHOSEN from ' ~ relation ~ ' where (' ~ scope ~ '\n)' -%}
        {%- set problem = order_sync.problem_of_query(query) -%}
        {%- if problem -%}
            {%- do exceptions.raise_compiler_error(
                "The variables of this build can't be used: orders_scope is no condition over " ~ node.schema ~ "."
                ~ node.identifier ~ " (" ~ problem | replace('\n', ' ') | trim | trim('.')
                ~ "); correct it in dbt_project.yml or --vars, names with blanks in double quotes."
            ) -%}
        {%- endif -%}
        {#- What shows only with the rows, such as a text that is no number, ends the build here, in the database's words. -#}
        {%- do log('orders_scope: ' ~ scope, info=true) -%}
        {%- do run_query(query) -%}
    {%- endif -%}
{%- endmacro %}
