with

rejected as (
    select
        SOURCE_ROW,
        REASONS
    from {{ ref('int_orders__keyed') }}
    where
        IS_QUALIFIED = 0
        and IS_CHOSEN = 1
),

described as (
    select
        rejected.SOURCE_ROW,
        {{ short_text('orders."CUSTOMER"', 255) }} as BATCH_CUSTOMER,
        {{ short_text('orders.SOURCE_CUSTOMER', 255) }} as SOURCE_CUSTOMER,
        orders."AAG ORDER NUMBER",
        orders."STYLE",
        orders."COLOR",
        orders."PO NUMBER",
        rejected.REASONS,
        {{ timestamp_literal(run_started_at) }} as STAGED_AT
    from rejected
    inner join {{ ref('stg_erp__orders') }} as orders
        on rejected.SOURCE_ROW = orders.SOURCE_ROW
)

select * from described
