{%- set own = ['ORDER_KEY', 'ITEM_NAME', 'GROUP_NAME'] -%}
with

{# What pulls landed counts once they have ended; items that left the board have another state, or another board. -#}
items as (
    select
        {%- for column in order_sync.mapped_columns() if column.name not in own %}
        {{ cell_value('items.' ~ column.quoted, column.type) }} as {{ column.quoted }},
        {%- endfor %}
        {{ exact('items.PULL_ID') }} as PULL_ID,
        items.ITEM_ID,
        items.BOARD_ID,
        {{ exact('items.ORDER_KEY') }} as CELL_KEY,
        {{ exact('items.ITEM_NAME') }} as ITEM_NAME,
        items.GROUP_ID,
        {{ exact('items.GROUP_NAME') }} as GROUP_NAME,
        items.ADDRESS,
        items.CREATED_AT,
        items.UPDATED_AT,
        pulls.STARTED_AT as PULLED_AT,
        items.OTHER_CELLS
    from {{ source('monday', 'MON_BoardItems') }} as items
    inner join {{ source('monday', 'MON_BoardPulls') }} as pulls
        on {{ exact('items.PULL_ID') }} = {{ exact('pulls.PULL_ID') }}
    where
        pulls.FINISHED_AT is not null
        and items.STATE = 'active'
        and items.BOARD_ID = pulls.BOARD_ID
),

confirmed as (
    select
        {{ exact('ORDER_KEY') }} as ORDER_KEY,
        MONDAY_ITEM_ID,
        case when MONDAY_ITEM_ID is not null and ARCHIVED_AT is null then 'LIVE' else 'OFF' end as ORDER_STATE
    from {{ source('monday', 'MON_CustMasterSchedule') }}
),

staged as (
    select {{ exact('ORDER_KEY') }} as ORDER_KEY
    from {{ ref('stg_mon_custmasterschedule') }}
    where CHANGE_TYPE = 'CREATE'
),

identified as (
    select
        items.*,
        {{ exact('coalesce(by_id.ORDER_KEY, items.CELL_KEY)') }} as ORDER_KEY,
        case when by_id.ORDER_KEY is null then 0 else 1 end as BY_ID
    from items
    left join confirmed as by_id
        on items.ITEM_ID = by_id.MONDAY_ITEM_ID
),

placed as (
    select
        identified.*,
        case
            when identified.ORDER_KEY is null then 1
            else row_number() over (
                partition by {{ exact('identified.ORDER_KEY') }}
                order by identified.BY_ID desc, identified.ITEM_ID
            )
        end as PLACE,
        coalesce(confirmed.ORDER_STATE, case when staged.ORDER_KEY is null then 'NONE' else 'STAGED' end) as ORDER_STATE
    from identified
    left join confirmed
        on {{ exact('identified.ORDER_KEY') }} = {{ exact('confirmed.ORDER_KEY') }}
    left join staged
        on {{ exact('identified.ORDER_KEY') }} = {{ exact('staged.ORDER_KEY') }}
)

select * from placed
