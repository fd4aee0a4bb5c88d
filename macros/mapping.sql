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

{#- What ROW_HASH covers and CHANGED_COLUMNS names. -#}
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

{#- record_uuid is another at each load. -#}
{% macro unmapped_columns() -%}
    {%- set mapped = ['record_uuid'] + source_fields() | map(attribute='source') | map('lower') | list -%}
    {%- set found = [] -%}
    {%- for name in order_columns() | map(attribute='name') if name | lower not in mapped -%}
        {%- do found.append(quoted_name(name)) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- Names that were made (no field has them) stand beside the orders. -#}
{% macro changed_columns(columns, orders, names, confirmed) -%}
    concat('[', substring(concat('',
    {%- for column in columns %}
        case when {{ values_differ((orders if column.source else names) ~ '.' ~ column.quoted, confirmed ~ '.' ~ column.quoted, column.type) }} then {{ text_literal(',' ~ tojson(column.name)) }} else '' end
        {{- ',' if not loop.last }}
    {%- endfor %}
    ), 2, 8000), ']')
{%- endmacro %}

{#- In this order they are sorted, too. -#}
{% macro identity_columns() -%}
    {{ return(['STYLE', 'COLOR', 'PO NUMBER', 'CUSTOMER ALT PO', 'PLANNED DELIVERY METHOD', 'DESTINATION']) }}
{%- endmacro %}

{#- Dates and short texts first. Numbers and long texts change with every price list, for all rows at once; a change of the
    mapping changes every hash, and then nothing else tells rows apart. -#}
{% macro tie_columns() -%}
    {%- set compared = ['AAG ORDER NUMBER', 'CUSTOMER'] + identity_columns() -%}
    {%- set fields = source_fields() | rejectattr('name', 'in', compared) | list -%}
    {%- set last = ['numbers', 'long_text'] -%}
    {{ return(fields | rejectattr('type', 'in', last) | list + fields | selectattr('type', 'in', last) | list) }}
{%- endmacro %}
