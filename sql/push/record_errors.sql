-- Records failed attempts, and cells that were left blank, of rows as the ledger recorded them. A retryable one is due at the next
-- run.
{% import "push/_macros.sql" as q with context %}
{% import "push/_settled.sql" as s with context %}
{% set fields = [
    ("ERR_ID", short(36)), ("STAGE", short(20)), ("ERROR_CLASS", short(40)), ("ERROR_CODE", short(100)), ("ERROR_MESSAGE", text),
    ("COLUMN_NAME", short(255)), ("COLUMN_ID", short(255)), ("COLUMN_VALUE", text), ("HTTP_STATUS", integer), ("API_PAYLOAD", text),
    ("ATTEMPT", integer)] %}
{% set flags = [("RETRYABLE", integer), ("MAX_RETRIES_REACHED", integer)] %}
{% set recorded = [("BATCH_CUSTOMER", short(255)), ("ITEM_NAME", short(255)), ("GROUP_NAME", short(255)), ("MAPPING_HASH", short(64))] %}
{% set sized = [("ORDER_QTY", bigint), ("_parent_id", bigint)] if level == "SUBITEM" else [] %}
insert into {{ q.errors(level) }} (
    ORDER_KEY, {{ "SIZE_LABEL, ORDER_QTY, MONDAY_PARENT_ITEM_ID, " if sized }}BATCH_ID, REQUEST_ID, CHANGE_TYPE, ROW_HASH,
    {% for name, _ in fields + recorded %}{{ name }}, {% endfor %}RETRYABLE, MAX_RETRIES_REACHED, NEXT_RETRY_AT, CREATED_AT
)
select
    c.ORDER_KEY, {{ 'c.SIZE_LABEL, c.ORDER_QTY, c."_parent_id", ' if sized }}c.BATCH_ID, c.REQUEST_ID,
    case when c.CHANGE_TYPE in ('MOVE', 'UPDATE_AND_MOVE') then 'UPDATE' else c.CHANGE_TYPE end, c.ROW_HASH,
    {% for name, _ in fields + recorded %}c.{{ name }}, {% endfor %}cast(c.RETRYABLE as {{ flag }}), cast(c.MAX_RETRIES_REACHED as {{ flag }}),
    case when c.RETRYABLE = 1 and c.MAX_RETRIES_REACHED = 0 then ? end, ?
from {{ s.rows(recorded + sized, fields + flags) }} as c
where c.LEVEL = '{{ level }}'
