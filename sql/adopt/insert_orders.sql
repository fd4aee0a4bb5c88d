-- Orders taken over, with what their items show.
{% import "push/_macros.sql" as q with context %}
{% set fields = [
    ("ORDER_KEY", short(255)), ("ROW_HASH", short(64)), ("ITEM_NAME", short(255)), ("GROUP_NAME", short(255)),
    ("BATCH_CUSTOMER", short(255)), ("SOURCE_CUSTOMER", short(255)), ("TOTAL QTY", integer), ("MONDAY_ITEM_ID", bigint),
    ("MONDAY_GROUP_ID", short(255))] + json_columns %}
insert into {{ table("MON_CustMasterSchedule") }} (
    ORDER_KEY, ROW_HASH, ITEM_NAME, GROUP_NAME, BATCH_CUSTOMER, SOURCE_CUSTOMER,
{% for column, type, name in columns %}
    {{ column }},
{% endfor %}
    "TOTAL QTY", MONDAY_ITEM_ID, MONDAY_GROUP_ID, MONDAY_BOARD_ID, BATCH_ID, FIRST_PUSHED_AT, LAST_PUSHED_AT
)
select
    j.ORDER_KEY, j.ROW_HASH, j.ITEM_NAME, j.GROUP_NAME, j.BATCH_CUSTOMER, j.SOURCE_CUSTOMER,
{% for column, type, name in columns %}
    j.{{ column }},
{% endfor %}
    j."TOTAL QTY", j.MONDAY_ITEM_ID, j.MONDAY_GROUP_ID, ?, ?, ?, ?
from {{ q.json_rows(fields) }} as j
where not exists (
    select 1 from {{ table("MON_CustMasterSchedule") }} as m where m.ORDER_KEY = {{ q.bin("j.ORDER_KEY") }}
)
