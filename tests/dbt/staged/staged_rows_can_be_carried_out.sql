-- A creation of something that has an id makes a second item on the board; an update without one can't be sent; an
-- update that names no column, or that the board shows already, would be sent again at every push.
with

items as (
    select
        staged.ORDER_KEY,
        cast(null as nvarchar(100)) as SIZE_LABEL,
        case
            when staged.CHANGE_TYPE = 'CREATE' and confirmed.ORDER_KEY is not null
                then 'created although it is on the board'
            when staged.CHANGE_TYPE = 'CREATE' and staged.MONDAY_ITEM_ID is not null then 'created although it has an id'
            when staged.CHANGE_TYPE <> 'CREATE' and staged.MONDAY_ITEM_ID is null then 'changed although it has no id'
            when staged.CHANGE_TYPE <> 'CREATE' and confirmed.ORDER_KEY is null
                then 'changed although it is not on the board'
            when staged.MONDAY_ITEM_ID <> confirmed.MONDAY_ITEM_ID then 'changed under the id of another item'
            when staged.CHANGE_TYPE = 'UPDATE' and coalesce(staged.CHANGED_COLUMNS, '[]') = '[]'
                then 'updated without a column'
            when staged.CHANGE_TYPE <> 'UPDATE' and staged.CHANGED_COLUMNS is not null
                then 'columns named where there is no update'
            when
                staged.CHANGE_TYPE = 'UPDATE'
                and {{ exact('staged.ROW_HASH') }} = {{ exact('confirmed.ROW_HASH') }}
                then 'updated although nothing changed'
        end as PROBLEM
    from {{ ref('stg_mon_custmasterschedule') }} as staged
    left join {{ source('monday', 'MON_CustMasterSchedule') }} as confirmed
        on
            {{ exact('staged.ORDER_KEY') }} = {{ exact('confirmed.ORDER_KEY') }}
            and confirmed.MONDAY_ITEM_ID is not null
            and confirmed.ARCHIVED_AT is null
),

sizes as (
    select
        staged.ORDER_KEY,
        staged.SIZE_LABEL,
        case
            when staged.CHANGE_TYPE = 'CREATE' and staged.MONDAY_SUBITEM_ID is not null
                then 'created although it has an id'
            when staged.CHANGE_TYPE = 'UPDATE' and staged.MONDAY_SUBITEM_ID is null then 'updated although it has no id'
            when staged.CHANGE_TYPE = 'UPDATE' and staged.MONDAY_PARENT_ITEM_ID is null
                then 'updated although its order has no item'
            when staged.CHANGE_TYPE = 'CREATE' and staged.ORDER_QTY <= 0 then 'created without a quantity'
            when staged.ORDER_QTY < 0 then 'a quantity below zero'
            when orders.IS_CANCELLED = 1 and staged.ORDER_QTY <> 0 then 'a quantity for a cancelled order'
            when orders.ORDER_KEY is null then 'a size without its order'
            when coalesce(staged.MONDAY_PARENT_ITEM_ID, 0) <> coalesce(orders.MONDAY_ITEM_ID, 0)
                then 'under the item of another order'
        end as PROBLEM
    from {{ ref('stg_mon_custmasterschedule_subitems') }} as staged
    left join {{ ref('int_orders__compared') }} as orders
        on {{ exact('staged.ORDER_KEY') }} = {{ exact('orders.ORDER_KEY') }}
)

select *
from items
where PROBLEM is not null

union all

select *
from sizes
where PROBLEM is not null
