{#- The columns of ORDERS_UNIFIED as the database has them now, in order, each with name and type. Where no database may
    be asked (compiling offline), or the table isn't there yet, as the source's YAML declares them. The relation comes
    from the graph, not from source(), because a unit test puts its own rows in place of the latter. -#}
{% macro order_columns() -%}
    {%- set columns = [] -%}
    {%- set node = order_sync.orders_source() -%}
    {%- if node -%}
        {%- if flags.INTROSPECT is not defined or flags.INTROSPECT -%}
            {%- set relation = api.Relation.create(database=node.database, schema=node.schema, identifier=node.identifier) -%}
            {%- for column in adapter.get_columns_in_relation(relation) -%}
                {%- do columns.append({'name': column.name, 'type': column.dtype | lower}) -%}
            {%- endfor -%}
        {%- endif -%}
        {%- if not columns -%}
            {%- for column in node.columns.values() -%}
                {%- do columns.append({'name': column.name, 'type': column.data_type | lower}) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(columns) }}
{%- endmacro %}
