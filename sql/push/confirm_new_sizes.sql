-- Adds sizes that Monday confirmed for the first time.
{% import "push/_macros.sql" as q with context %}
{% set fields = [
    ("ORDER_KEY", short(255)), ("SIZE_LABEL", short(100)), ("ORDER_QTY", bigint), ("MONDAY_SUBITEM_ID", bigint),
    ("MONDAY_PARENT_ITEM_ID", bigint), ("MONDAY_SUBITEM_BOARD_ID", bigint), ("BATCH_ID", short(64)), ("CREATED", integer)] %}
insert into {{ table("MON_CustMasterSchedule_Subitems") }} (
    ORDER_KEY, SIZE_LABEL, ORDER_QTY, MONDAY_SUBITEM_ID, MONDAY_PARENT_ITEM_ID, MONDAY_SUBITEM_BOARD_ID, BATCH_ID,
    FIRST_PUSHED_AT, LAST_PUSHED_AT
)
select
    j.ORDER_KEY, j.SIZE_LABEL, j.ORDER_QTY, j.MONDAY_SUBITEM_ID, j.MONDAY_PARENT_ITEM_ID, j.MONDAY_SUBITEM_BOARD_ID,
    j.BATCH_ID, ?, ?
from {{ q.json_rows(fields) }} as j
where not exists (
    select 1
    from {{ table("MON_CustMasterSchedule_Subitems") }} as m
    where m.ORDER_KEY = {{ q.bin("j.ORDER_KEY") }} and m.SIZE_LABEL = {{ q.bin("j.SIZE_LABEL") }}
)
