with

desired as (
    select *
    from {{ ref('int_orders__keyed') }}
    where
        IS_QUALIFIED = 1
        and IS_IN_SCOPE = 1
),

confirmed as (
    select
        {{ exact('ORDER_KEY') }} as ORDER_KEY,
        {{ exact("coalesce(BATCH_CUSTOMER, 'UNKNOWN CUSTOMER')") }} as BATCH_CUSTOMER,
        {{ exact('SOURCE_CUSTOMER') }} as SOURCE_CUSTOMER,
        {{ exact('ITEM_NAME') }} as ITEM_NAME,
        {{ exact('GROUP_NAME') }} as GROUP_NAME,
        {{ exact('ROW_HASH') }} as ROW_HASH,
        MONDAY_ITEM_ID
    from {{ source('monday', 'MON_CustMasterSchedule') }}
    where
        MONDAY_ITEM_ID is not null
        and ARCHIVED_AT is null
),

failures as (
    {{ failures(source('monday', 'ERR_MON_CustMasterSchedule'), ['ORDER_KEY']) | indent(4) }}
),

present as (
    select
        desired.ORDER_KEY,
        desired.SOURCE_ROW,
        case
            when confirmed.ORDER_KEY is null then 'CREATE'
            when confirmed.ROW_HASH is null then 'UPDATE'
            when {{ exact('confirmed.ROW_HASH') }} <> {{ exact('desired.ROW_HASH') }} then 'UPDATE'
        end as CHANGE_TYPE,
        confirmed.MONDAY_ITEM_ID,
        desired.BATCH_CUSTOMER,
        desired.SOURCE_CUSTOMER,
        desired.ITEM_NAME,
        desired.GROUP_NAME,
        {{ exact('desired.ROW_HASH') }} as ROW_HASH,
        desired.IS_CANCELLED
    from desired
    left join confirmed
        on {{ exact('desired.ORDER_KEY') }} = {{ exact('confirmed.ORDER_KEY') }}
),

leaving as (
    select
        confirmed.ORDER_KEY,
        cast(null as bigint) as SOURCE_ROW,
        'ARCHIVE' as CHANGE_TYPE,
        confirmed.MONDAY_ITEM_ID,
        confirmed.BATCH_CUSTOMER,
        confirmed.SOURCE_CUSTOMER,
        confirmed.ITEM_NAME,
        confirmed.GROUP_NAME,
        {{ exact("coalesce(confirmed.ROW_HASH, '')") }} as ROW_HASH,
        0 as IS_CANCELLED
    from confirmed
    inner join {{ ref('int_removals') }} as removals
        on {{ exact('confirmed.ORDER_KEY') }} = {{ exact('removals.ORDER_KEY') }}
    where removals.IS_REMOVED = 1
),

all_orders as (
    select * from present

    union all

    select * from leaving
),

compared as (
    select
        all_orders.*,
        coalesce(failures.ATTEMPTS, 0) as ATTEMPTS,
        case when renumbered.ORDER_KEY is null then coalesce(failures.IS_BLOCKED, 0) else 1 end as IS_BLOCKED
    from all_orders
    left join failures
        on
            {{ exact('all_orders.ORDER_KEY') }} = {{ exact('failures.ORDER_KEY') }}
            and {{ exact('all_orders.ROW_HASH') }} = {{ exact('failures.ROW_HASH') }}
    left join {{ ref('int_renumbered') }} as renumbered
        on {{ exact('all_orders.ORDER_KEY') }} = {{ exact('renumbered.ORDER_KEY') }}
)

select * from compared
