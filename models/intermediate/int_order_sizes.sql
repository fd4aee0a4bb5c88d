{{ config(indexes=table_indexes([{'columns': ['SOURCE_ROW']}])) }}

{% set sizes = order_sync.size_columns() %}

with

quantities as (
    {{ unpivot_sizes(ref('stg_erp__orders'), sizes) | indent(4) }}
),

size_labels as (
    select
        SIZE_COLUMN,
        SIZE_LABEL
    from {{ ref('size_labels') }}
),

labelled as (
    select
        quantities.SOURCE_ROW,
        {{ exact('quantities.SIZE_COLUMN') }} as SIZE_COLUMN,
        {{ exact('coalesce(size_labels.SIZE_LABEL, quantities.SIZE_COLUMN)') }} as SIZE_LABEL,
        quantities.ORDER_QTY
    from quantities
    left join size_labels
        on {{ exact('quantities.SIZE_COLUMN') }} = {{ exact('size_labels.SIZE_COLUMN') }}
)

select * from labelled
