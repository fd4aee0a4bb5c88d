-- Sizes whose subitem a person deleted: the next push makes them again. A size that has another subitem by now keeps it.
{% import "push/_macros.sql" as q with context %}
{% set target = table("MON_CustMasterSchedule_Subitems") %}
update {{ target }}
set MONDAY_SUBITEM_ID = null
from {{ q.json_rows([("ORDER_KEY", short(255)), ("SIZE_LABEL", short(100)), ("MONDAY_SUBITEM_ID", bigint)]) }} as j
where {{ target }}.ORDER_KEY = {{ q.bin("j.ORDER_KEY") }}
    and {{ target }}.SIZE_LABEL = {{ q.bin("j.SIZE_LABEL") }}
    and {{ target }}.MONDAY_SUBITEM_ID = j.MONDAY_SUBITEM_ID
