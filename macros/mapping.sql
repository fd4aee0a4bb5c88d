{#- The mapping to the board: what the YAML of the staged models says under config.meta.monday, and what follows from it. -#}

{#- In the order of the YAML. Empty while dbt parses and inside unit tests, which see no graph: those that need a mapping
    override this macro. -#}
{% macro mapped_columns(model_name='stg_mon_custmasterschedule') -%}
    {%- set found = [] -%}
    {%- set node = graph.nodes['model.order_sync.' ~ model_name] if execute and graph.nodes is defined else none -%}
    {%- for column in (node.columns.values() if node else []) if column.meta.monday is defined -%}
        {%- do found.append({
            'name': column.name, 'quoted': quoted_name(column.name), 'source': column.meta.monday.source,
            'type': column.meta.monday.type, 'write': column.meta.monday.write, 'meta': column.meta.monday,
        }) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- Over the mapping of orders and sizes: a row that the board refused is tried again once they change. Two MD5 sums side by
    side, because dbt has no SHA-256 while it compiles; it marks a change, no more. -#}
{% macro mapping_hash() -%}
    {%- set mapping = [] -%}
    {%- for model_name in ['stg_mon_custmasterschedule', 'stg_mon_custmasterschedule_subitems'] -%}
        {%- for column in order_sync.mapped_columns(model_name) -%}
            {%- do mapping.append([model_name, column.name, column.meta]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set text = tojson(mapping, sort_keys=true) -%}
    {{ return(local_md5('1' ~ text) ~ local_md5('2' ~ text)) }}
{%- endmacro %}

{% macro hashed_fields() %}{{ return(order_sync.mapped_columns() | selectattr('write', 'eq', 'always') | list) }}{% endmacro %}

{#- As opposed to the names and keys that are made of them; the type is none inside unit tests. -#}
{% macro source_fields() -%}
    {%- set fields = [] -%}
    {%- set columns = source_columns() -%}
    {%- for field in order_sync.mapped_columns() if field.source -%}
        {%- set column = columns.get(field.source | upper, {'name': field.source, 'type': none}) -%}
        {%- do fields.append(dict(field, source=column.name, source_type=column.type)) -%}
    {%- endfor -%}
    {{ return(fields) }}
{%- endmacro %}
