-- A negative quantity makes no subitem, so a return or a typing error would vanish from the planners' sight.
-- Lists the cells.
{{ config(severity='warn', store_failures=true, schema=none, alias='CHECK_negative_quantities') }}

select
    sizes.SOURCE_ROW,
    orders."AAG ORDER NUMBER",
    orders.SOURCE_CUSTOMER,
    sizes.SIZE_COLUMN,
    sizes.ORDER_QTY
from {{ ref('int_order_sizes') }} as sizes
inner join {{ ref('stg_erp__orders') }} as orders
    on sizes.SOURCE_ROW = orders.SOURCE_ROW
where sizes.ORDER_QTY < 0
