-- Sizes whose subitem a person deleted: the next push makes them again. A size that has another subitem by now keeps it.
{% import "push/_macros.sql" as q with context %}
{% import "push/_settled.sql" as s with context %}
{% set target = table("MON_CustMasterSchedule_Subitems") %}
update {{ target }}
set MONDAY_SUBITEM_ID = null
from {{ s.rows([("_monday_id", bigint)]) }} as c
where c.OUTCOME = 'GONE' and c.LEVEL = 'SUBITEM' and c.CHANGE_TYPE <> 'CREATE'
    and {{ target }}.ORDER_KEY = {{ q.bin("c.ORDER_KEY") }}
    and {{ target }}.SIZE_LABEL = {{ q.bin("c.SIZE_LABEL") }}
    and {{ target }}.MONDAY_SUBITEM_ID = c."_monday_id"
