-- Orders whose item left the board: archived by us, or gone by a person's hand. An order that has another item by now
-- keeps it: the news is about the old one.
{% import "push/_macros.sql" as q with context %}
update {{ table("MON_CustMasterSchedule") }}
set ARCHIVED_AT = ?, LAST_PUSHED_AT = ?, BATCH_ID = j.BATCH_ID
from {{ q.json_rows([("ORDER_KEY", short(255)), ("BATCH_ID", short(64)), ("MONDAY_ITEM_ID", bigint)]) }} as j
where {{ table("MON_CustMasterSchedule") }}.ORDER_KEY = {{ q.bin("j.ORDER_KEY") }}
    and {{ table("MON_CustMasterSchedule") }}.MONDAY_ITEM_ID = j.MONDAY_ITEM_ID
