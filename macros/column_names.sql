{#- Upper-cased and folded column names of a table in the database, in order; empty where the table isn't there. -#}
{% macro column_names(node) -%}
    {%- set names = [] -%}
    {%- set relation = adapter.get_relation(database=node.database, schema=node.schema, identifier=node.identifier) -%}
    {%- if relation -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}
            {%- do names.append(order_sync.folded_name(column.name) | upper) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(names) }}
{%- endmacro %}
