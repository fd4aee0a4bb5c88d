-- Records failed attempts. A retryable one is due at the next run.
{% import "push/_macros.sql" as q with context %}
{% set fields = [
    ("ERR_ID", short(255)), ("ORDER_KEY", short(255)), ("BATCH_ID", short(255)), ("BATCH_CUSTOMER", short(255)),
    ("REQUEST_ID", short(255)), ("ITEM_NAME", short(255)), ("GROUP_NAME", short(255)), ("CHANGE_TYPE", short(255)),
    ("STAGE", short(255)), ("ERROR_CLASS", short(255)), ("ERROR_CODE", short(255)), ("ERROR_MESSAGE", text),
    ("COLUMN_NAME", short(255)), ("COLUMN_ID", short(255)), ("COLUMN_VALUE", text),
    ("HTTP_STATUS", integer), ("API_PAYLOAD", text), ("ROW_HASH", short(255)), ("MAPPING_HASH", short(255)),
    ("ATTEMPT", integer), ("RETRYABLE", integer), ("MAX_RETRIES_REACHED", integer)] %}
{% set sized = [("SIZE_LABEL", short(100)), ("ORDER_QTY", bigint), ("MONDAY_PARENT_ITEM_ID", bigint)] if level == "SUBITEM" else [] %}
insert into {{ table("ERR_MON_CustMasterSchedule_Subitems" if level == "SUBITEM" else "ERR_MON_CustMasterSchedule") }} (
    ERR_ID, ORDER_KEY, BATCH_ID, BATCH_CUSTOMER, REQUEST_ID, ITEM_NAME,
    GROUP_NAME, CHANGE_TYPE, STAGE, ERROR_CLASS, ERROR_CODE, ERROR_MESSAGE,
    COLUMN_NAME, COLUMN_ID, COLUMN_VALUE, HTTP_STATUS, API_PAYLOAD, ROW_HASH, MAPPING_HASH, ATTEMPT, RETRYABLE,
    MAX_RETRIES_REACHED,
{% for name, type in sized %}
    {{ name }},
{% endfor %}
    NEXT_RETRY_AT, CREATED_AT
)
select
    j.ERR_ID, j.ORDER_KEY, j.BATCH_ID, j.BATCH_CUSTOMER, j.REQUEST_ID, j.ITEM_NAME,
    j.GROUP_NAME, j.CHANGE_TYPE, j.STAGE, j.ERROR_CLASS, j.ERROR_CODE, j.ERROR_MESSAGE,
    j.COLUMN_NAME, j.COLUMN_ID, j.COLUMN_VALUE, j.HTTP_STATUS, j.API_PAYLOAD, j.ROW_HASH, j.MAPPING_HASH, j.ATTEMPT, cast(j.RETRYABLE as {{ flag }}),
    cast(j.MAX_RETRIES_REACHED as {{ flag }}),
{% for name, type in sized %}
    j.{{ name }},
{% endfor %}
    case when j.RETRYABLE = 1 and j.MAX_RETRIES_REACHED = 0 then ? end, ?
from {{ q.json_rows(fields + sized) }} as j
