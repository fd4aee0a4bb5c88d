{#- Stops the build where a size that orders had at the last build has no column any more: all its quantities would fall to
    0 on the board. What the last build found stands in its own tables, which the build hasn't touched yet. -#}
{% macro check_sizes_stay() -%}
    {%- set found = order_sync.folded_names(order_sync.size_columns()) -%}
    {%- set source = order_sync.orders_source() -%}
    {%- if not found -%}
        {%- do exceptions.raise_compiler_error(
            "The table " ~ source.schema ~ "." ~ source.identifier ~ " has no column of whole numbers between UNIT OF MEASURE "
            ~ "and TOTAL QTY, where the sizes stand: load it with all of its columns."
        ) -%}
    {%- endif -%}
    {%- set node = graph.nodes.values() | selectattr('unique_id', 'eq', 'model.order_sync.int_order_sizes') | first -%}
    {%- set last = adapter.get_relation(database=node.database, schema=node.schema, identifier=node.alias) -%}
    {%- if last -%}
        {%- set known = [] -%}
        {%- for size in found -%}{%- do known.append(order_sync.text_literal(size)) -%}{%- endfor -%}
        {%- set query -%}
            select distinct SIZE_COLUMN
            from {{ last }}
            where
                ORDER_QTY > 0
                and {{ order_sync.match_text('SIZE_COLUMN') }} not in ({{ known | join(', ') }})
                and {{ order_sync.upper_text('SIZE_LABEL') }} not in ({{ known | join(', ') }})
        {%- endset -%}
        {%- set gone = run_query(query).columns[0].values() -%}
        {%- if gone -%}
            {%- do exceptions.raise_compiler_error(
                "The table " ~ source.schema ~ "." ~ source.identifier ~ " has no column of whole numbers any more for sizes "
                ~ "that orders had at the last build (" ~ gone | sort | join('; ') ~ "): load it with these columns, left blank "
                ~ "and built once where the sizes are to go."
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
