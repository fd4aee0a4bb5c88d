with

orders as (
    select
        ORDER_KEY,
        CONFIRMED_HASH,
        ROW_HASH
    from {{ ref('int_orders__compared') }}
    where
        CHANGE_TYPE is null
        and CONFIRMED_HASH <> ROW_HASH
)

select * from orders
