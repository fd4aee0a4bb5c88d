-- A row without its number, customer, style or colour never reaches the board: whoever fills the sheet has to know.
-- Lists how many rows each reason keeps back; the rows themselves stand in STG_MON_RejectedOrders.
{{ config(severity='warn', store_failures=true, schema=none, alias='CHECK_rejected_rows') }}

select
    REASONS,
    count(*) as ORDERS
from {{ ref('stg_mon_rejectedorders') }}
group by REASONS
