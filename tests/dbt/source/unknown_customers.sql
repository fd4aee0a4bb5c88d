-- A customer under a new spelling gets groups and labels of its own on the board, apart from the customer's others.
-- Lists the names that the seed customer_aliases lacks.
{{ config(severity='warn', store_failures=true, schema=none, alias='CHECK_unknown_customers') }}

select
    SOURCE_CUSTOMER,
    count(*) as ORDERS
from {{ ref('stg_erp__orders') }}
where
    IS_KNOWN_CUSTOMER = 0
    and SOURCE_CUSTOMER is not null
group by SOURCE_CUSTOMER
