-- A size column that nobody noticed, or a join that drops sizes, would have the factory make too little.
-- First the cells of the source against the unpivoted sizes, then the pieces that the board is to show in the end:
-- what is staged or blocked, and what it shows already, against the quantities of the orders that go there.
with

cells as (
    select
        {%- for size in order_sync.size_columns() %}
        coalesce(sum(case when {{ order_sync.quoted_name(size) }} > 0 then try_cast({{ order_sync.quoted_name(size) }} as bigint) else 0 end), 0)
        {{- ' +' if not loop.last }}
        {%- endfor %} as PIECES
    from {{ source('erp', 'ORDERS_UNIFIED') }}
),

sizes as (
    select
        sum(sizes.ORDER_QTY) as PIECES,
        sum(
            case
                when orders.IS_QUALIFIED = 1 and orders.IS_IN_SCOPE = 1 and orders.IS_CANCELLED = 0 then sizes.ORDER_QTY
                else 0
            end
        ) as DESIRED_PIECES
    from {{ ref('int_order_sizes') }} as sizes
    inner join {{ ref('int_orders__keyed') }} as orders
        on sizes.SOURCE_ROW = orders.SOURCE_ROW
    where sizes.ORDER_QTY > 0
),

changes as (
    select sum(ORDER_QTY) as PIECES
    from {{ ref('int_order_sizes__compared') }}
),

shown as (
    select sum(subitems.ORDER_QTY) as PIECES
    from {{ source('monday', 'MON_CustMasterSchedule_Subitems') }} as subitems
    inner join {{ ref('int_orders__compared') }} as orders
        on
            {{ exact('subitems.ORDER_KEY') }} = {{ exact('orders.ORDER_KEY') }}
            and subitems.MONDAY_PARENT_ITEM_ID = orders.MONDAY_ITEM_ID
    left join {{ ref('int_order_sizes__compared') }} as changed_sizes
        on subitems.MONDAY_SUBITEM_ID = changed_sizes.MONDAY_SUBITEM_ID
    where
        subitems.MONDAY_SUBITEM_ID is not null
        and orders.SOURCE_ROW is not null
        and changed_sizes.MONDAY_SUBITEM_ID is null
)

select
    cells.PIECES as PIECES_IN_SOURCE,
    sizes.PIECES as PIECES_IN_SIZES,
    sizes.DESIRED_PIECES,
    changes.PIECES as PIECES_CHANGED,
    shown.PIECES as PIECES_SHOWN
from cells
cross join sizes
cross join changes
cross join shown
where
    cells.PIECES <> coalesce(sizes.PIECES, 0)
    or coalesce(sizes.DESIRED_PIECES, 0) <> coalesce(changes.PIECES, 0) + coalesce(shown.PIECES, 0)
