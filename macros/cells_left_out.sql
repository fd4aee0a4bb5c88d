{#- Cells that a push left blank, one row per key: whether one is due (the mapping changed since, the board's column did,
    or somebody said retry), and for sizes the hash at which the quantity was refused and is not due. -#}
{% macro cells_left_out(relation, key_columns, sized=false) -%}
    {%- set due = "NEXT_RETRY_AT is not null or MAPPING_HASH <> '" ~ order_sync.mapping_hash() ~ "'" -%}
    {%- set texts = [] -%}
    {%- for column in key_columns -%}{%- do texts.append(order_sync.exact(column)) -%}{%- endfor -%}
    select
        {%- for column in key_columns %}
        {{ order_sync.exact(column) }} as {{ column }},
        {%- endfor %}
        {%- if sized %}
        max(case when COLUMN_NAME <> 'ORDER_QTY' or {{ due }} then null else {{ order_sync.exact('ROW_HASH') }} end) as HELD_HASH,
        {%- endif %}
        max(case when {{ due }} then 1 else 0 end) as IS_DUE
    from {{ relation }}
    where
        RESOLVED_AT is null
        and ERROR_CLASS = 'CELL'
    group by {{ texts | join(', ') }}
{%- endmacro %}
