{{ config(materialized='view') }}

select
    BATCH_CUSTOMER,
    WHOLE_COUNT as CONFIRMED_ITEMS,
    HELD_COUNT as LEAVING_ITEMS,
    REASON
from {{ ref('stg_mon_heldchanges') }}
where KIND = 'REMOVALS'
