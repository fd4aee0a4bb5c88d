-- A half-loaded source looks as if most orders had left: without the guard one push would archive a customer's board.
-- Counted from the tables again, not from what the guard itself has counted.
{% set archives = var('on_source_removal') == 'archive' %}
with

confirmed as (
    select
        {{ exact("coalesce(BATCH_CUSTOMER, 'UNKNOWN CUSTOMER')") }} as BATCH_CUSTOMER,
        count(*) as ITEMS
    from {{ source('monday', 'MON_CustMasterSchedule') }}
    where
        MONDAY_ITEM_ID is not null
        and ARCHIVED_AT is null
    group by {{ exact("coalesce(BATCH_CUSTOMER, 'UNKNOWN CUSTOMER')") }}
),

removed as (
    select
        {{ exact('BATCH_CUSTOMER') }} as BATCH_CUSTOMER,
        count(*) as ITEMS
    from {{ ref('stg_mon_custmasterschedule') }}
    where CHANGE_TYPE = 'ARCHIVE'
    group by {{ exact('BATCH_CUSTOMER') }}
)

select
    removed.BATCH_CUSTOMER,
    removed.ITEMS as REMOVED_ITEMS,
    confirmed.ITEMS as CONFIRMED_ITEMS
from removed
left join confirmed
    on removed.BATCH_CUSTOMER = confirmed.BATCH_CUSTOMER
where
    removed.ITEMS > {{ 10 if archives else 0 }}
    and removed.ITEMS * 100.0 > coalesce(confirmed.ITEMS, 0) * {{ var('max_removal_percent') if archives else 0 }}
