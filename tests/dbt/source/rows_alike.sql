-- A row that stands twice in every cell makes two items: an order of its own where they are a few, a sheet that was loaded
-- twice where they are many. Lists the copies; those that are rejected stand in STG_MON_RejectedOrders, too.
{{ config(severity='warn', store_failures=true, schema=none, alias='CHECK_rows_alike') }}

select
    copies.SOURCE_ROW,
    orders."AAG ORDER NUMBER",
    orders.SOURCE_CUSTOMER,
    copies.IS_REJECTED
from {{ ref('int_copies') }} as copies
inner join {{ ref('stg_erp__orders') }} as orders
    on copies.SOURCE_ROW = orders.SOURCE_ROW
