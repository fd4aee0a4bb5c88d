{#- Folded column names of a table in the database, in order; empty where the table isn't there. Not through dbt's list of
    relations: that was read before a file of orders was attached. -#}
{% macro column_names(node) -%}
    {%- set relation = api.Relation.create(database=node.database, schema=node.schema, identifier=node.identifier) -%}
    {{ return(order_sync.folded_names(adapter.get_columns_in_relation(relation) | map(attribute='name'))) }}
{%- endmacro %}
