with

{# What is confirmed later than this may be younger than what the pull read. -#}
pulls as (
    select
        {{ exact('PULL_ID') }} as PULL_ID,
        FILTERS,
        coalesce(CONFIRMED_UNTIL, cast('1900-01-01' as {{ type_timestamp() }})) as CONFIRMED_UNTIL
    from {{ source('monday', 'MON_BoardPulls') }}
    where FINISHED_AT is not null
),

items as (
    select
        landed.ITEM_ID,
        min(pulls.CONFIRMED_UNTIL) as CONFIRMED_UNTIL
    from {{ source('monday', 'MON_BoardItems') }} as landed
    inner join pulls
        on {{ exact('landed.PULL_ID') }} = {{ exact('pulls.PULL_ID') }}
    group by landed.ITEM_ID
),

whole as (
    select max(CONFIRMED_UNTIL) as CONFIRMED_UNTIL
    from pulls
    where FILTERS is null
),

orders as (
    select
        confirmed.ORDER_KEY,
        confirmed.MONDAY_ITEM_ID,
        confirmed.LAST_PUSHED_AT,
        confirmed.ARCHIVED_AT,
        coalesce(items.CONFIRMED_UNTIL, whole.CONFIRMED_UNTIL) as CONFIRMED_UNTIL
    from {{ source('monday', 'MON_CustMasterSchedule') }} as confirmed
    cross join whole
    left join items
        on confirmed.MONDAY_ITEM_ID = items.ITEM_ID
),

held as (
    select
        {{ exact('LEVEL') }} as LEVEL,
        {{ exact('ROW_KEY') }} as ROW_KEY
    from {{ source('monday', 'MON_RowClaims') }}
    where WORKER <> 'audit'

    union all

    select
        {{ exact('sent.LEVEL') }} as LEVEL,
        {{ exact('sent.ROW_KEY') }} as ROW_KEY
    from {{ source('monday', 'MON_ApiRequestRows') }} as sent
    inner join {{ source('monday', 'MON_ApiRequests') }} as requests
        on {{ exact('sent.REQUEST_ID') }} = {{ exact('requests.REQUEST_ID') }}
    where requests.OUTCOME is null

    union all

    select
        {{ exact("'ITEM'") }} as LEVEL,
        {{ exact('ORDER_KEY') }} as ROW_KEY
    from orders
    where
        LAST_PUSHED_AT > CONFIRMED_UNTIL
        or ARCHIVED_AT > CONFIRMED_UNTIL

    union all

    select
        {{ exact("'SUBITEM'") }} as LEVEL,
        {{ exact("concat(sizes.ORDER_KEY, '|', sizes.SIZE_LABEL)") }} as ROW_KEY
    from {{ source('monday', 'MON_CustMasterSchedule_Subitems') }} as sizes
    inner join orders
        on {{ exact('sizes.ORDER_KEY') }} = {{ exact('orders.ORDER_KEY') }}
    where sizes.LAST_PUSHED_AT > orders.CONFIRMED_UNTIL
)

select distinct
    cast(LEVEL as nvarchar(10)) as LEVEL,
    cast(ROW_KEY as nvarchar(400)) as ROW_KEY
from held
