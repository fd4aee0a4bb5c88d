-- Writes what Monday confirmed of sizes that are known already; `confirm_new_sizes` adds the others.
{% import "push/_macros.sql" as q with context %}
{% set fields = [
    ("ORDER_KEY", short(255)), ("SIZE_LABEL", short(100)), ("ORDER_QTY", bigint), ("MONDAY_SUBITEM_ID", bigint),
    ("MONDAY_PARENT_ITEM_ID", bigint), ("MONDAY_SUBITEM_BOARD_ID", bigint), ("BATCH_ID", short(64)), ("CREATED", integer)] %}
{% set target = table("MON_CustMasterSchedule_Subitems") %}
update {{ target }}
set
    ORDER_QTY = j.ORDER_QTY,
{% if created %}
    MONDAY_SUBITEM_ID = j.MONDAY_SUBITEM_ID,
    MONDAY_PARENT_ITEM_ID = j.MONDAY_PARENT_ITEM_ID,
    FIRST_PUSHED_AT = ?,
{% endif %}
    MONDAY_SUBITEM_BOARD_ID = coalesce(j.MONDAY_SUBITEM_BOARD_ID, {{ target }}.MONDAY_SUBITEM_BOARD_ID),
    BATCH_ID = j.BATCH_ID,
    LAST_PUSHED_AT = ?
from {{ q.json_rows(fields) }} as j
where {{ target }}.ORDER_KEY = {{ q.bin("j.ORDER_KEY") }}
    and {{ target }}.SIZE_LABEL = {{ q.bin("j.SIZE_LABEL") }}
    and j.CREATED = {{ 1 if created else 0 }}
