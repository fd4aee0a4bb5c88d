with

orders as (
    select *
    from {{ ref('stg_mon_boardorders') }}
),

standing as (
    select
        ORDER_KEY,
        ITEM_ID
    from orders
    where
        PLACE = 1
        and ORDER_KEY is not null
),

sizes as (
    select *
    from {{ ref('stg_mon_boardsizes') }}
    where PARENT_BY_ID = 1 and ORDER_KEY is not null
),

standing_sizes as (
    select
        ORDER_KEY,
        SIZE_LABEL,
        SUBITEM_ID
    from sizes
    where
        PLACE = 1
        and SIZE_LABEL is not null
),

confirmed_orders as (
    select
        {{ exact('ORDER_KEY') }} as ORDER_KEY,
        {{ exact('ITEM_NAME') }} as ITEM_NAME,
        {{ exact('BATCH_CUSTOMER') }} as BATCH_CUSTOMER,
        {{ exact('SOURCE_CUSTOMER') }} as SOURCE_CUSTOMER,
        MONDAY_ITEM_ID,
        case when MONDAY_ITEM_ID is not null and ARCHIVED_AT is null then 1 else 0 end as IS_LIVE
    from {{ source('monday', 'MON_CustMasterSchedule') }}
),

confirmed_sizes as (
    select
        {{ exact('ORDER_KEY') }} as ORDER_KEY,
        {{ exact('SIZE_LABEL') }} as SIZE_LABEL,
        ORDER_QTY,
        MONDAY_SUBITEM_ID,
        MONDAY_PARENT_ITEM_ID
    from {{ source('monday', 'MON_CustMasterSchedule_Subitems') }}
    where MONDAY_SUBITEM_ID is not null
),

{# Only a pull of the whole board can say that an item is nowhere. -#}
whole as (
    select count(*) as PULLS
    from {{ source('monday', 'MON_BoardPulls') }}
    where
        FINISHED_AT is not null
        and FILTERS is null
),

elsewhere as (
    select
        items.ITEM_ID,
        max(case when items.STATE = 'active' then concat('on board ', items.BOARD_ID) else {{ exact('items.STATE') }} end) as NOTE
    from {{ source('monday', 'MON_BoardItems') }} as items
    inner join {{ source('monday', 'MON_BoardPulls') }} as pulls
        on {{ exact('items.PULL_ID') }} = {{ exact('pulls.PULL_ID') }}
    where pulls.FINISHED_AT is not null
    group by items.ITEM_ID
),

missing_items as (
    select
        'missing' as CLASS,
        'ITEM' as LEVEL,
        confirmed_orders.ORDER_KEY,
        {{ exact('cast(null as nvarchar(100))') }} as SIZE_LABEL,
        confirmed_orders.MONDAY_ITEM_ID as MONDAY_ID,
        {{ exact("''") }} as COLUMN_NAME,
        confirmed_orders.ITEM_NAME as CONFIRMED,
        {{ exact('cast(null as nvarchar(4000))') }} as ON_BOARD,
        case
            when standing.ITEM_ID is not null then concat('item ', standing.ITEM_ID, ' has its key')
            when elsewhere.NOTE is null then 'no such item'
            else elsewhere.NOTE
        end as NOTE,
        1 as IS_OURS
    from confirmed_orders
    cross join whole
    left join orders
        on confirmed_orders.MONDAY_ITEM_ID = orders.ITEM_ID
    left join standing
        on {{ exact('confirmed_orders.ORDER_KEY') }} = {{ exact('standing.ORDER_KEY') }}
    left join elsewhere
        on confirmed_orders.MONDAY_ITEM_ID = elsewhere.ITEM_ID
    where
        confirmed_orders.IS_LIVE = 1
        and orders.ITEM_ID is null
        and (whole.PULLS > 0 or elsewhere.ITEM_ID is not null)
),

items as (
    select
        case
            when orders.PLACE > 1 then 'double'
            when orders.BY_ID = 0 then 'unknown'
            else 'archived'
        end as CLASS,
        'ITEM' as LEVEL,
        orders.ORDER_KEY,
        {{ exact('cast(null as nvarchar(100))') }} as SIZE_LABEL,
        orders.ITEM_ID as MONDAY_ID,
        {{ exact("''") }} as COLUMN_NAME,
        {{ exact('cast(null as nvarchar(4000))') }} as CONFIRMED,
        orders.ITEM_NAME as ON_BOARD,
        case
            when orders.PLACE > 1 then concat('item ', standing.ITEM_ID, ' stays')
            when orders.BY_ID = 1 then 'the tables say it was archived'
            when orders.ORDER_KEY is null then 'no order key'
            when orders.ORDER_STATE = 'STAGED' then 'its order is staged for creation'
            when orders.ORDER_STATE = 'NONE' then 'the tables do not know its key'
            else 'the item that its order had is gone'
        end as NOTE,
        case when orders.ORDER_STATE = 'NONE' then 0 else 1 end as IS_OURS
    from orders
    left join standing
        on {{ exact('orders.ORDER_KEY') }} = {{ exact('standing.ORDER_KEY') }}
    where
        orders.PLACE > 1
        or orders.BY_ID = 0
        or orders.ORDER_STATE = 'OFF'
),

missing_sizes as (
    select
        'missing' as CLASS,
        'SUBITEM' as LEVEL,
        confirmed_sizes.ORDER_KEY,
        confirmed_sizes.SIZE_LABEL,
        confirmed_sizes.MONDAY_SUBITEM_ID as MONDAY_ID,
        {{ exact("''") }} as COLUMN_NAME,
        {{ exact('cast(confirmed_sizes.ORDER_QTY as nvarchar(40))') }} as CONFIRMED,
        {{ exact('cast(null as nvarchar(4000))') }} as ON_BOARD,
        case
            when standing_sizes.SUBITEM_ID is not null then concat('subitem ', standing_sizes.SUBITEM_ID, ' has its size')
        end as NOTE,
        1 as IS_OURS
    from confirmed_sizes
    inner join orders
        on
            confirmed_sizes.MONDAY_PARENT_ITEM_ID = orders.ITEM_ID
            and {{ exact('confirmed_sizes.ORDER_KEY') }} = {{ exact('orders.ORDER_KEY') }}
    left join sizes
        on
            confirmed_sizes.MONDAY_SUBITEM_ID = sizes.SUBITEM_ID
            and {{ exact('confirmed_sizes.ORDER_KEY') }} = {{ exact('sizes.ORDER_KEY') }}
    left join standing_sizes
        on
            {{ exact('confirmed_sizes.ORDER_KEY') }} = {{ exact('standing_sizes.ORDER_KEY') }}
            and {{ exact('confirmed_sizes.SIZE_LABEL') }} = {{ exact('standing_sizes.SIZE_LABEL') }}
    where
        orders.BY_ID = 1
        and sizes.SUBITEM_ID is null
),

subitems as (
    select
        case when sizes.PLACE > 1 then 'double' else 'unknown' end as CLASS,
        'SUBITEM' as LEVEL,
        sizes.ORDER_KEY,
        sizes.SIZE_LABEL,
        sizes.SUBITEM_ID as MONDAY_ID,
        {{ exact("''") }} as COLUMN_NAME,
        {{ exact('cast(null as nvarchar(4000))') }} as CONFIRMED,
        sizes.CELL_QTY as ON_BOARD,
        case
            when sizes.PLACE > 1 then concat('subitem ', standing_sizes.SUBITEM_ID, ' stays')
            when sizes.SIZE_LABEL is null then 'no size'
            when sizes.SIZE_STATE = 'STAGED' then 'its size is staged for creation'
            when sizes.SIZE_STATE = 'NONE' then 'the tables do not know its size'
            else 'the subitem that its size had is gone'
        end as NOTE,
        case when sizes.SIZE_STATE = 'NONE' then 0 else 1 end as IS_OURS
    from sizes
    left join standing_sizes
        on
            {{ exact('sizes.ORDER_KEY') }} = {{ exact('standing_sizes.ORDER_KEY') }}
            and {{ exact('sizes.SIZE_LABEL') }} = {{ exact('standing_sizes.SIZE_LABEL') }}
    where
        sizes.PLACE > 1
        or sizes.BY_ID = 0
),

cells as (
    select
        case when WRITTEN_ONCE = 1 then 'edited' else 'differing' end as CLASS,
        LEVEL,
        ORDER_KEY,
        SIZE_LABEL,
        MONDAY_ID,
        {{ exact('COLUMN_NAME') }} as COLUMN_NAME,
        EXPECTED as CONFIRMED,
        ON_BOARD,
        {{ exact('cast(null as nvarchar(200))') }} as NOTE,
        1 as IS_OURS
    from {{ ref('stg_mon_boarddifferences') }}
    where BY_ID = 1
),

{# The factory made, or has, more pieces of a size than were ordered. -#}
above as (
    {%- for name, title in factory_columns().items() %}
    select
        'above' as CLASS,
        'SUBITEM' as LEVEL,
        sizes.ORDER_KEY,
        sizes.SIZE_LABEL,
        sizes.SUBITEM_ID as MONDAY_ID,
        {{ exact(text_literal(title)) }} as COLUMN_NAME,
        {{ exact('cast(confirmed_sizes.ORDER_QTY as nvarchar(40))') }} as CONFIRMED,
        {{ json_text('sizes.OTHER_CELLS', title) }} as ON_BOARD,
        {{ exact('cast(null as nvarchar(200))') }} as NOTE,
        1 as IS_OURS
    from sizes
    inner join confirmed_sizes
        on sizes.SUBITEM_ID = confirmed_sizes.MONDAY_SUBITEM_ID
    where {{ cell_value(json_text('sizes.OTHER_CELLS', title), 'numbers') }} > confirmed_sizes.ORDER_QTY
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
),

findings as (
    select * from missing_items

    union all

    select * from items

    union all

    select * from missing_sizes

    union all

    select * from subitems

    union all

    select * from cells

    union all

    select * from above
),

{# What a request under way may yet settle is pending, whatever it looks like now. -#}
pending as (
    select
        LEVEL,
        ROW_KEY
    from {{ ref('stg_mon_boardpending') }}
),

told as (
    select
        findings.*,
        case
            when by_order.ROW_KEY is not null or by_size.ROW_KEY is not null or by_id.ROW_KEY is not null then 1
            else 0
        end as IS_PENDING
    from findings
    left join pending as by_order
        on
            by_order.LEVEL = 'ITEM'
            and {{ exact('findings.ORDER_KEY') }} = {{ exact('by_order.ROW_KEY') }}
    left join pending as by_size
        on
            by_size.LEVEL = 'SUBITEM'
            and {{ exact("concat(findings.ORDER_KEY, '|', findings.SIZE_LABEL)") }} = {{ exact('by_size.ROW_KEY') }}
    left join pending as by_id
        on
            by_id.LEVEL = 'KEY'
            and {{ exact('cast(findings.MONDAY_ID as nvarchar(40))') }} = {{ exact('by_id.ROW_KEY') }}
)

select
    cast(case when told.IS_PENDING = 1 then 'pending' else told.CLASS end as nvarchar(20)) as CLASS,
    cast(told.LEVEL as nvarchar(10)) as LEVEL,
    told.ORDER_KEY,
    told.SIZE_LABEL,
    told.MONDAY_ID,
    cast(told.COLUMN_NAME as nvarchar(200)) as COLUMN_NAME,
    told.CONFIRMED,
    told.ON_BOARD,
    cast(case when told.IS_PENDING = 1 then told.CLASS else {{ exact('told.NOTE') }} end as nvarchar(200)) as NOTE,
    told.IS_OURS,
    {{ exact('coalesce(confirmed_orders.BATCH_CUSTOMER, ' ~ short_text('items.CUSTOMER', 255) ~ ')') }} as CUSTOMER,
    confirmed_orders.SOURCE_CUSTOMER
from told
left join confirmed_orders
    on {{ exact('told.ORDER_KEY') }} = {{ exact('confirmed_orders.ORDER_KEY') }}
left join orders as items
    on told.LEVEL = 'ITEM' and told.MONDAY_ID = items.ITEM_ID
