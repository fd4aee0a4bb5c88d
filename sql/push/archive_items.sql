-- Orders whose item left the board: archived by us, or gone by a person's hand. An order that has another item by now
-- keeps it: the news is about the old one.
{% import "push/_macros.sql" as q with context %}
{% import "push/_settled.sql" as s with context %}
{% set target = table("MON_CustMasterSchedule") %}
update {{ target }}
set ARCHIVED_AT = ?, LAST_PUSHED_AT = ?, BATCH_ID = c.BATCH_ID
from {{ s.rows([("_monday_id", bigint), ("_parent_id", bigint)]) }} as c
where {{ target }}.ORDER_KEY = {{ q.bin("c.ORDER_KEY") }}
    and {{ target }}.MONDAY_ITEM_ID = case when c.LEVEL = 'ITEM' then c."_monday_id" else c."_parent_id" end
    and (
        (c.LEVEL = 'ITEM' and c.CHANGE_TYPE = 'ARCHIVE' and c.OUTCOME in ('OK', 'ADOPTED'))
        or (c.OUTCOME = 'GONE' and (c.LEVEL = 'ITEM' or c.CHANGE_TYPE = 'CREATE'))
    )
