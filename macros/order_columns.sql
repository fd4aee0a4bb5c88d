{#- The columns of ORDERS_UNIFIED as the database has them now, in order; where no database may be asked (compiling
    offline), or the table isn't there yet, as the source's YAML declares them. Each has a name, the key that it is
    compared by, a type, the family of that type, and whether it may be a size: it is where it stands between the two
    markers, unless the YAML declares it as something else (INFOR COLOUR CODE is none, whatever a load makes of its
    figures). The relation comes from the graph, not from source(), because a unit test puts its own rows in place of the
    latter. -#}
{% macro order_columns() -%}
    {%- set node = order_sync.orders_source() -%}
    {%- set columns, declared, families, others = [], [], {}, [] -%}
    {%- for column in (node.columns.values() if node else []) -%}
        {%- do declared.append({'name': column.name, 'type': column.data_type | lower}) -%}
    {%- endfor -%}
    {%- if node and (flags.INTROSPECT is not defined or flags.INTROSPECT) -%}
        {%- set relation = api.Relation.create(database=node.database, schema=node.schema, identifier=node.identifier) -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}
            {%- do columns.append({'name': column.name, 'type': column.dtype | lower}) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set columns = columns or declared -%}
    {%- for type in (declared + columns) | map(attribute='type') | unique -%}
        {%- do families.update({type: order_sync.type_family(type)}) -%}
    {%- endfor -%}
    {%- for column in declared if families[column.type] != 'integer' -%}{%- do others.append(column.name) -%}{%- endfor -%}
    {%- set others = order_sync.folded_names(others) -%}
    {%- set state = namespace(between=false) -%}
    {%- for column, key in zip(columns, order_sync.folded_names(columns | map(attribute='name'))) -%}
        {%- set state.between = state.between and key != 'TOTAL QTY' -%}
        {%- do column.update(key=key, family=families[column.type], is_size=state.between and key not in others) -%}
        {%- set state.between = state.between or key == 'UNIT OF MEASURE' -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}
