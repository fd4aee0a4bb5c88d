-- The rows of one request, with the staged values it carried.
select ALIAS, LEVEL, ROW_KEY, ORDER_KEY, SIZE_LABEL, BATCH_ID, CHANGE_TYPE, ROW_HASH, ROW_VALUES, OUTCOME, MONDAY_ID
from {{ table("MON_ApiRequestRows") }}
where REQUEST_ID = ?
order by ALIAS
