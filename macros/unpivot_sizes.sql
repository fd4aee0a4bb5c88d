{% macro unpivot_sizes(relation, sizes) -%}
    {{ return(adapter.dispatch('unpivot_sizes', 'order_sync')(relation, sizes)) }}
{%- endmacro %}

{% macro default__unpivot_sizes(relation, sizes) -%}
    select
        SOURCE_ROW,
        SIZE_COLUMN,
        ORDER_QTY
    from (
        unpivot (
            select
                SOURCE_ROW
                {%- for size in sizes %},
                try_cast({{ order_sync.quoted_name(size) }} as bigint) as {{ order_sync.quoted_name(size) }}
                {%- endfor %}
            from {{ relation }}
        )
        on {% for size in sizes %}{{ order_sync.quoted_name(size) }}{{ ', ' if not loop.last }}{% endfor %}
        into name SIZE_COLUMN value ORDER_QTY
    ) as cells
    where ORDER_QTY <> 0
{%- endmacro %}

{#- The lateral form is the quick one on SQL Server: one pass over the rows, no union of one scan a size. -#}
{% macro sqlserver__unpivot_sizes(relation, sizes) -%}
    select
        orders.SOURCE_ROW,
        cells.SIZE_COLUMN,
        cells.ORDER_QTY
    from {{ relation }} as orders
    cross apply (
        values
        {%- for size in sizes %}
        (cast({{ order_sync.text_literal(size) }} as nvarchar(100)), try_cast(orders.{{ order_sync.quoted_name(size) }} as bigint)){{ ',' if not loop.last }}
        {%- endfor %}
    ) as cells (SIZE_COLUMN, ORDER_QTY)
    where cells.ORDER_QTY <> 0
{%- endmacro %}
