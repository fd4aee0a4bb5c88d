-- What the guards hold back, the whole source first.
select BATCH_CUSTOMER, KIND, HELD_COUNT, WHOLE_COUNT, REASON
from {{ table("STG_MON_HeldChanges") }}
order by BATCH_CUSTOMER, KIND
