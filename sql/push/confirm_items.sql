-- Writes what Monday confirmed of orders that are known already; `confirm_new_items` adds the others.
{% import "push/_macros.sql" as q with context %}
{% set fields = [
    ("ORDER_KEY", short(255)), ("ROW_HASH", short(64)), ("ITEM_NAME", short(255)), ("GROUP_NAME", short(255)),
    ("BATCH_CUSTOMER", short(255)), ("SOURCE_CUSTOMER", short(255)), ("TOTAL QTY", integer), ("MONDAY_ITEM_ID", bigint),
    ("MONDAY_GROUP_ID", short(255)), ("BATCH_ID", short(64)), ("CREATED", integer)] + json_columns %}
update {{ table("MON_CustMasterSchedule") }}
set
    ROW_HASH = j.ROW_HASH,
    ITEM_NAME = j.ITEM_NAME,
    GROUP_NAME = j.GROUP_NAME,
    BATCH_CUSTOMER = j.BATCH_CUSTOMER,
    SOURCE_CUSTOMER = j.SOURCE_CUSTOMER,
{% for column, type, name in columns if created or name not in written_once %}
    {{ column }} = j.{{ column }},
{% endfor %}
    "TOTAL QTY" = j."TOTAL QTY",
{% if created %}
{# The new item has nothing in columns that aren't mapped any more: a field that returns is written again. #}
{% for name in former %}
    {{ quoted(name) }} = null,
{% endfor %}
    MONDAY_ITEM_ID = j.MONDAY_ITEM_ID,
    FIRST_PUSHED_AT = ?,
{% endif %}
    MONDAY_GROUP_ID = j.MONDAY_GROUP_ID,
    MONDAY_BOARD_ID = ?,
    BATCH_ID = j.BATCH_ID,
    LAST_PUSHED_AT = ?,
    ARCHIVED_AT = null
from {{ q.json_rows(fields) }} as j
where {{ table("MON_CustMasterSchedule") }}.ORDER_KEY = {{ q.bin("j.ORDER_KEY") }}
    and j.CREATED = {{ 1 if created else 0 }}
