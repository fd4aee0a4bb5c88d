-- Where the sizes don't add up to TOTAL QTY one of them is wrong, and the factory would cut the wrong number.
-- Lists the rows with both figures.
{{ config(severity='warn', store_failures=true, schema=none, alias='CHECK_sizes_differ_from_total') }}

with

sums as (
    select
        SOURCE_ROW,
        sum(ORDER_QTY) as SUM_OF_SIZES
    from {{ ref('int_order_sizes') }}
    group by SOURCE_ROW
)

select
    orders.SOURCE_ROW,
    orders."AAG ORDER NUMBER",
    orders.SOURCE_CUSTOMER,
    orders."TOTAL QTY",
    coalesce(sums.SUM_OF_SIZES, 0) as SUM_OF_SIZES
from {{ ref('stg_erp__orders') }} as orders
left join sums
    on orders.SOURCE_ROW = sums.SOURCE_ROW
where coalesce(orders."TOTAL QTY", 0) <> coalesce(sums.SUM_OF_SIZES, 0)
