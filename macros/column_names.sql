{#- Folded column names of a table in the database, in order; empty where the table isn't there. -#}
{% macro column_names(node) -%}
    {%- set relation = adapter.get_relation(database=node.database, schema=node.schema, identifier=node.identifier) -%}
    {%- set columns = adapter.get_columns_in_relation(relation) if relation else [] -%}
    {{ return(order_sync.folded_names(columns | map(attribute='name'))) }}
{%- endmacro %}
