{{ config(indexes=table_indexes([{'columns': ['SOURCE_ROW']}])) }}

with

quantities as (
    select
        cells.SOURCE_ROW,
        cells.SIZE_COLUMN,
        cells.ORDER_QTY
    from ({{ unpivot_sizes(ref('stg_erp__orders'), order_sync.size_columns()) }}) as cells
    where cells.ORDER_QTY <> 0
),

sizes as (
    select
        SIZE_COLUMN,
        SIZE_LABEL
    from {{ ref('int_sizes') }}
),

labelled as (
    select
        quantities.SOURCE_ROW,
        {{ exact('quantities.SIZE_COLUMN') }} as SIZE_COLUMN,
        sizes.SIZE_LABEL,
        quantities.ORDER_QTY
    from quantities
    inner join sizes
        on {{ exact('quantities.SIZE_COLUMN') }} = {{ exact('sizes.SIZE_COLUMN') }}
)

select * from labelled
