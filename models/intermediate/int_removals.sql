with

confirmed_orders as (
    select
        {{ exact('ORDER_KEY') }} as ORDER_KEY,
        {{ exact("coalesce(BATCH_CUSTOMER, 'UNKNOWN CUSTOMER')") }} as BATCH_CUSTOMER
    from {{ source('monday', 'MON_CustMasterSchedule') }}
    where
        MONDAY_ITEM_ID is not null
        and ARCHIVED_AT is null
        {%- if var('on_source_removal') != 'archive' %}
        -- What left the source stays on the board (variable on_source_removal).
        and 1 = 0
        {%- endif %}
),

present_orders as (
    select ORDER_KEY
    from {{ ref('int_orders__keyed') }}
    where ORDER_KEY is not null
),

counted as (
    select
        confirmed_orders.ORDER_KEY,
        confirmed_orders.BATCH_CUSTOMER,
        case when present_orders.ORDER_KEY is null then 1 else 0 end as IS_LEAVING,
        count(*) over (partition by {{ exact('confirmed_orders.BATCH_CUSTOMER') }}) as CONFIRMED_ITEMS,
        sum(case when present_orders.ORDER_KEY is null then 1 else 0 end)
            over (partition by {{ exact('confirmed_orders.BATCH_CUSTOMER') }}) as LEAVING_ITEMS
    from confirmed_orders
    left join present_orders
        on {{ exact('confirmed_orders.ORDER_KEY') }} = {{ exact('present_orders.ORDER_KEY') }}
),

guarded as (
    select
        ORDER_KEY,
        BATCH_CUSTOMER,
        cast(CONFIRMED_ITEMS as bigint) as CONFIRMED_ITEMS,
        cast(LEAVING_ITEMS as bigint) as LEAVING_ITEMS,
        case
            when LEAVING_ITEMS > 10 and LEAVING_ITEMS * 100.0 > CONFIRMED_ITEMS * {{ var('max_removal_percent') }} then 1
            else 0
        end as IS_HELD
    from counted
    where IS_LEAVING = 1
)

select * from guarded
