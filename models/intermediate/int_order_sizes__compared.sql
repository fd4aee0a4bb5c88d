{% set hashed = [
    {'quoted': 'paired.SIZE_LABEL', 'type': 'text'},
    {'quoted': 'paired.ORDER_QTY', 'type': 'integer'},
] %}

with

orders as (
    select
        ORDER_KEY,
        SOURCE_ROW,
        MONDAY_ITEM_ID,
        IS_CANCELLED,
        IS_BLOCKED
    from {{ ref('int_orders__compared') }}
    where SOURCE_ROW is not null
),

desired as (
    select
        orders.ORDER_KEY,
        {{ exact('sizes.SIZE_LABEL') }} as SIZE_LABEL,
        cast(sum(sizes.ORDER_QTY) as bigint) as ORDER_QTY
    from {{ ref('int_order_sizes') }} as sizes
    inner join orders
        on sizes.SOURCE_ROW = orders.SOURCE_ROW
    where
        sizes.ORDER_QTY > 0
        and orders.IS_CANCELLED = 0
    group by
        orders.ORDER_KEY,
        {{ exact('sizes.SIZE_LABEL') }}
),

confirmed as (
    select
        orders.ORDER_KEY,
        {{ exact('subitems.SIZE_LABEL') }} as SIZE_LABEL,
        subitems.ORDER_QTY,
        subitems.MONDAY_SUBITEM_ID
    from {{ source('monday', 'MON_CustMasterSchedule_Subitems') }} as subitems
    inner join orders
        on
            {{ exact('subitems.ORDER_KEY') }} = {{ exact('orders.ORDER_KEY') }}
            and subitems.MONDAY_PARENT_ITEM_ID = orders.MONDAY_ITEM_ID
    where subitems.MONDAY_SUBITEM_ID is not null
),

failures as (
    {{ failures(source('monday', 'ERR_MON_CustMasterSchedule_Subitems'), ['ORDER_KEY', 'SIZE_LABEL']) | indent(4) }}
),

cells as (
    {{ cells_left_out(source('monday', 'ERR_MON_CustMasterSchedule_Subitems'), ['ORDER_KEY', 'SIZE_LABEL']) | indent(4) }}
),

paired as (
    select
        {{ computed_once() }}
        coalesce(desired.ORDER_KEY, confirmed.ORDER_KEY) as ORDER_KEY,
        coalesce(desired.SIZE_LABEL, confirmed.SIZE_LABEL) as SIZE_LABEL,
        coalesce(desired.ORDER_QTY, 0) as ORDER_QTY,
        confirmed.ORDER_QTY as CONFIRMED_QTY,
        confirmed.MONDAY_SUBITEM_ID
    from desired
    full outer join confirmed
        on
            {{ exact('desired.ORDER_KEY') }} = {{ exact('confirmed.ORDER_KEY') }}
            and {{ exact('desired.SIZE_LABEL') }} = {{ exact('confirmed.SIZE_LABEL') }}
),

changed as (
    select
        {{ computed_once() }}
        paired.ORDER_KEY,
        paired.SIZE_LABEL,
        paired.ORDER_QTY,
        case when paired.MONDAY_SUBITEM_ID is null then 'CREATE' else 'UPDATE' end as CHANGE_TYPE,
        paired.MONDAY_SUBITEM_ID,
        cells.HELD_HASH,
        {{ hash_text(hashed) }} as HASH_TEXT
    from paired
    left join cells
        on
            {{ exact('paired.ORDER_KEY') }} = {{ exact('cells.ORDER_KEY') }}
            and {{ exact('paired.SIZE_LABEL') }} = {{ exact('cells.SIZE_LABEL') }}
    where
        paired.MONDAY_SUBITEM_ID is null
        or paired.CONFIRMED_QTY is null
        or paired.CONFIRMED_QTY <> paired.ORDER_QTY
        or cells.IS_DUE = 1
),

hashed as (
    select
        ORDER_KEY,
        SIZE_LABEL,
        ORDER_QTY,
        CHANGE_TYPE,
        MONDAY_SUBITEM_ID,
        HELD_HASH,
        {{ exact(sha256_hex('HASH_TEXT')) }} as ROW_HASH
    from changed
),

compared as (
    select
        hashed.ORDER_KEY,
        orders.SOURCE_ROW,
        hashed.SIZE_LABEL,
        hashed.ORDER_QTY,
        hashed.CHANGE_TYPE,
        orders.MONDAY_ITEM_ID as MONDAY_PARENT_ITEM_ID,
        hashed.MONDAY_SUBITEM_ID,
        hashed.ROW_HASH,
        coalesce(failures.ATTEMPTS, 0) as ATTEMPTS,
        {# Sizes of an order that has no item and gets none have nothing to stand under. -#}
        case
            when orders.IS_BLOCKED = 1 and orders.MONDAY_ITEM_ID is null then 1
            when hashed.MONDAY_SUBITEM_ID is not null and hashed.HELD_HASH = hashed.ROW_HASH then 1
            else coalesce(failures.IS_BLOCKED, 0)
        end as IS_BLOCKED
    from hashed
    inner join orders
        on {{ exact('hashed.ORDER_KEY') }} = {{ exact('orders.ORDER_KEY') }}
    left join failures
        on
            {{ exact('hashed.ORDER_KEY') }} = {{ exact('failures.ORDER_KEY') }}
            and {{ exact('hashed.SIZE_LABEL') }} = {{ exact('failures.SIZE_LABEL') }}
            and {{ exact('hashed.ROW_HASH') }} = {{ exact('failures.ROW_HASH') }}
)

select * from compared
