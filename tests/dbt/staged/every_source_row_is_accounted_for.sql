-- An order that a join dropped or doubled would be missing on the board, or stand there twice, and no count would tell.
-- Every source row is staged, unchanged, blocked, out of scope or rejected, exactly one of them, and the tables hold
-- as many rows as the build says.
with

source_rows as (
    select count(*) as ROWS_IN_SOURCE
    from {{ source('erp', 'ORDERS_UNIFIED') }}
),

staged_rows as (
    select
        coalesce(sum(case when CHANGE_TYPE = 'ARCHIVE' then 0 else 1 end), 0) as STAGED,
        coalesce(sum(case when CHANGE_TYPE = 'ARCHIVE' then 1 else 0 end), 0) as REMOVALS
    from {{ ref('stg_mon_custmasterschedule') }}
),

rejected_rows as (
    select count(*) as REJECTED
    from {{ ref('stg_mon_rejectedorders') }}
),

staged_sizes as (
    select count(*) as SIZES
    from {{ ref('stg_mon_custmasterschedule_subitems') }}
),

{# Not through the compared orders, whose counts the build itself was made of. -#}
expected_orders as (
    select count(distinct {{ exact('ORDER_KEY') }}) as ORDERS
    from {{ ref('int_orders__keyed') }}
    where
        IS_QUALIFIED = 1
        and IS_IN_SCOPE = 1
)

select
    build.*,
    source_rows.ROWS_IN_SOURCE,
    expected_orders.ORDERS,
    staged_rows.STAGED,
    staged_rows.REMOVALS,
    rejected_rows.REJECTED,
    staged_sizes.SIZES
from {{ ref('stg_mon_build') }} as build
cross join source_rows
cross join expected_orders
cross join staged_rows
cross join rejected_rows
cross join staged_sizes
where
    build.SOURCE_ROWS <> source_rows.ROWS_IN_SOURCE
    or build.STAGED_ROWS + build.UNCHANGED_ROWS + build.BLOCKED_ROWS + build.OUT_OF_SCOPE_ROWS + build.REJECTED_ROWS
    <> source_rows.ROWS_IN_SOURCE
    or build.STAGED_ROWS + build.UNCHANGED_ROWS + build.BLOCKED_ROWS <> expected_orders.ORDERS
    or build.STAGED_ROWS <> staged_rows.STAGED
    or build.STAGED_REMOVALS <> staged_rows.REMOVALS
    or build.REJECTED_ROWS <> rejected_rows.REJECTED
    or build.STAGED_SUBITEMS <> staged_sizes.SIZES
