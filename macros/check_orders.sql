{#- Stops the build where ORDERS_UNIFIED, its two markers, a mapped column or a size is missing, or a type can't be read. -#}
{% macro check_orders() -%}
    {%- set node = order_sync.orders_source() -%}
    {%- set names = order_sync.column_names(node) -%}
    {%- set where = node.schema ~ '.' ~ node.identifier -%}
    {%- if not names -%}
        {%- do exceptions.raise_compiler_error(
            "The table " ~ where ~ " doesn't exist in the database " ~ node.database
            ~ ": load the orders into it, or make sample orders with `python -m samples`."
        ) -%}
    {%- endif -%}
    {%- set first, last = names.index('UNIT OF MEASURE') if 'UNIT OF MEASURE' in names else -1,
        names.index('TOTAL QTY') if 'TOTAL QTY' in names else -1 -%}
    {%- if first < 0 or last < first -%}
        {%- do exceptions.raise_compiler_error(
            "The table " ~ where ~ " lacks the columns UNIT OF MEASURE and, behind it, TOTAL QTY, between which the sizes "
            ~ "stand: load it with all of its columns in their order."
        ) -%}
    {%- endif -%}
    {%- set missing = [] -%}
    {%- set sources = order_sync.source_fields() | map(attribute='source') | list -%}
    {%- for source, key in zip(sources, order_sync.folded_names(sources)) if key not in names -%}
        {%- do missing.append(source) -%}
    {%- endfor -%}
    {%- if missing -%}
        {%- do exceptions.raise_compiler_error(
            "The table " ~ where ~ " lacks columns that the mapping reads (" ~ missing | join('; ')
            ~ "): add them, or change the mapping in models/monday/stg_mon_custmasterschedule.yml."
        ) -%}
    {%- endif -%}
    {%- do order_sync.check_column_types() -%}
    {%- do order_sync.check_sizes_stay() -%}
{%- endmacro %}
