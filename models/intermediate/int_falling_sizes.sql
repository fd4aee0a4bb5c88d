with

confirmed_sizes as (
    select
        subitems.MONDAY_SUBITEM_ID,
        {{ exact("coalesce(orders.BATCH_CUSTOMER, 'UNKNOWN CUSTOMER')") }} as BATCH_CUSTOMER
    from {{ source('monday', 'MON_CustMasterSchedule_Subitems') }} as subitems
    inner join {{ source('monday', 'MON_CustMasterSchedule') }} as orders
        on subitems.MONDAY_PARENT_ITEM_ID = orders.MONDAY_ITEM_ID
    left join {{ ref('int_orders__keyed') }} as present_orders
        on {{ exact('orders.ORDER_KEY') }} = {{ exact('present_orders.ORDER_KEY') }}
    where
        subitems.MONDAY_SUBITEM_ID is not null
        and subitems.ORDER_QTY > 0
        and orders.ARCHIVED_AT is null
        and coalesce(present_orders.IS_IN_SCOPE, 1) = 1
),

{# The sizes of a cancelled order are meant to fall. -#}
fallen_sizes as (
    select
        sizes.ORDER_KEY,
        sizes.SIZE_LABEL,
        sizes.MONDAY_SUBITEM_ID
    from {{ ref('int_order_sizes__compared') }} as sizes
    inner join {{ ref('int_orders__compared') }} as orders
        on sizes.SOURCE_ROW = orders.SOURCE_ROW
    where
        sizes.CHANGE_TYPE = 'UPDATE'
        and sizes.ORDER_QTY = 0
        and orders.IS_CANCELLED = 0
),

marked as (
    select
        fallen_sizes.ORDER_KEY,
        fallen_sizes.SIZE_LABEL,
        confirmed_sizes.BATCH_CUSTOMER,
        case when fallen_sizes.MONDAY_SUBITEM_ID is null then 0 else 1 end as IS_FALLING
    from confirmed_sizes
    left join fallen_sizes
        on confirmed_sizes.MONDAY_SUBITEM_ID = fallen_sizes.MONDAY_SUBITEM_ID
),

customers as (
    select
        {{ exact('BATCH_CUSTOMER') }} as BATCH_CUSTOMER,
        cast(count(*) as bigint) as CONFIRMED_SIZES,
        cast(sum(IS_FALLING) as bigint) as FALLING_SIZES
    from marked
    group by {{ exact('BATCH_CUSTOMER') }}
),

source_total as (
    select
        cast(sum(CONFIRMED_SIZES) as bigint) as ALL_CONFIRMED_SIZES,
        cast(sum(FALLING_SIZES) as bigint) as ALL_FALLING_SIZES
    from customers
),

counted as (
    select
        marked.ORDER_KEY,
        marked.SIZE_LABEL,
        customers.BATCH_CUSTOMER,
        customers.CONFIRMED_SIZES,
        customers.FALLING_SIZES,
        source_total.ALL_CONFIRMED_SIZES,
        source_total.ALL_FALLING_SIZES
    from marked
    inner join customers
        on {{ exact('marked.BATCH_CUSTOMER') }} = {{ exact('customers.BATCH_CUSTOMER') }}
    cross join source_total
    where marked.IS_FALLING = 1
),

judged as (
    select
        counted.*,
        case
            when
                {{ too_many('counted.FALLING_SIZES', 'counted.CONFIRMED_SIZES') }}
                or {{ too_many('counted.ALL_FALLING_SIZES', 'counted.ALL_CONFIRMED_SIZES') }}
                then 1
            else 0
        end as IS_HELD
    from counted
),

held_orders as (
    select distinct
        ORDER_KEY,
        BATCH_CUSTOMER,
        CONFIRMED_SIZES,
        FALLING_SIZES,
        ALL_CONFIRMED_SIZES,
        ALL_FALLING_SIZES,
        IS_HELD
    from judged
    where IS_HELD = 1
),

{# Where a size is spelt anew, its quantity comes under another label and would stand beside the one that is held. -#}
added_sizes as (
    select
        sizes.ORDER_KEY,
        sizes.SIZE_LABEL,
        held_orders.BATCH_CUSTOMER,
        held_orders.CONFIRMED_SIZES,
        held_orders.FALLING_SIZES,
        held_orders.ALL_CONFIRMED_SIZES,
        held_orders.ALL_FALLING_SIZES,
        held_orders.IS_HELD
    from {{ ref('int_order_sizes__compared') }} as sizes
    inner join held_orders
        on {{ exact('sizes.ORDER_KEY') }} = {{ exact('held_orders.ORDER_KEY') }}
    left join confirmed_sizes
        on sizes.MONDAY_SUBITEM_ID = confirmed_sizes.MONDAY_SUBITEM_ID
    where
        sizes.ORDER_QTY > 0
        and confirmed_sizes.MONDAY_SUBITEM_ID is null
)

select * from judged

union all

select * from added_sizes
