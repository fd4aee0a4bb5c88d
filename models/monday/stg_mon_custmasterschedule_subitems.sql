{{ config(indexes=table_indexes([
    {'columns': ['ORDER_KEY', 'SIZE_LABEL']},
    {'columns': ['BATCH_ID']},
])) }}

with

changes as (
    select sizes.*
    from {{ ref('int_order_sizes__compared') }} as sizes
    left join {{ ref('int_falling_sizes') }} as falling
        on
            {{ exact('sizes.ORDER_KEY') }} = {{ exact('falling.ORDER_KEY') }}
            and {{ exact('sizes.SIZE_LABEL') }} = {{ exact('falling.SIZE_LABEL') }}
    where
        sizes.IS_BLOCKED = 0
        and coalesce(falling.IS_HELD, 0) = 0
),

orders as (
    select
        SOURCE_ROW,
        BATCH_CUSTOMER,
        SOURCE_CUSTOMER
    from {{ ref('int_orders__compared') }}
),

details as (
    select
        SOURCE_ROW,
        "PO NUMBER",
        "AAG SEASON",
        "CUSTOMER SEASON"
    from {{ ref('stg_erp__orders') }}
),

batches as (
    select * from {{ ref('int_batches') }}
),

sizes as (
    select distinct
        SIZE_LABEL,
        SIZE_POSITION
    from {{ ref('int_sizes') }}
),

staged as (
    select
        changes.ORDER_KEY,
        changes.SIZE_LABEL,
        {# A size whose column is gone comes last: its subitem stands already. -#}
        coalesce(sizes.SIZE_POSITION, 10000) as SIZE_POSITION,
        concat('Size ', changes.SIZE_LABEL) as SUBITEM_NAME,
        changes.ORDER_QTY,
        changes.CHANGE_TYPE,
        changes.MONDAY_PARENT_ITEM_ID,
        changes.MONDAY_SUBITEM_ID,
        batches.BATCH_ID,
        orders.BATCH_CUSTOMER,
        orders.SOURCE_CUSTOMER,
        details."PO NUMBER",
        details."AAG SEASON",
        details."CUSTOMER SEASON",
        changes.ROW_HASH,
        '{{ order_sync.mapping_hash() }}' as MAPPING_HASH,
        cast(changes.ATTEMPTS as int) as ATTEMPTS,
        {{ timestamp_literal(run_started_at) }} as STAGED_AT
    from changes
    inner join orders
        on changes.SOURCE_ROW = orders.SOURCE_ROW
    inner join details
        on changes.SOURCE_ROW = details.SOURCE_ROW
    inner join batches
        on {{ exact('orders.BATCH_CUSTOMER') }} = {{ exact('batches.BATCH_CUSTOMER') }}
    left join sizes
        on {{ exact('changes.SIZE_LABEL') }} = {{ exact('sizes.SIZE_LABEL') }}
)

select * from staged
