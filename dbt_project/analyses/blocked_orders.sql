-- Orders that stay away from the board until their data or the mapping changes, or somebody says retry.
select
    compared.ORDER_KEY,
    compared.BATCH_CUSTOMER,
    compared.CHANGE_TYPE,
    compared.ATTEMPTS
from {{ ref('int_orders__compared') }} as compared
where compared.IS_BLOCKED = 1
order by
    compared.BATCH_CUSTOMER,
    compared.ORDER_KEY
