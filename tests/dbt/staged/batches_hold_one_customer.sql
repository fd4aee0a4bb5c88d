-- A batch is reported, filtered and retried as one customer's: rows of two customers in it, or sizes in another batch
-- than their order, would make its counts and its status untrue.
with

staged as (
    select
        {{ exact('BATCH_ID') }} as BATCH_ID,
        {{ exact('BATCH_CUSTOMER') }} as BATCH_CUSTOMER
    from {{ ref('stg_mon_custmasterschedule') }}

    union

    select
        {{ exact('BATCH_ID') }} as BATCH_ID,
        {{ exact('BATCH_CUSTOMER') }} as BATCH_CUSTOMER
    from {{ ref('stg_mon_custmasterschedule_subitems') }}
),

counted as (
    select
        BATCH_ID,
        BATCH_CUSTOMER,
        count(*) over (partition by BATCH_ID) as CUSTOMERS,
        count(*) over (partition by BATCH_CUSTOMER) as BATCHES
    from staged
)

select *
from counted
where
    CUSTOMERS > 1
    or BATCHES > 1
