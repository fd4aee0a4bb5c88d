-- Orders of which the hash alone is new: the board shows their values already. One that was confirmed anew since is left.
{% import "push/_macros.sql" as q with context %}
update {{ table("MON_CustMasterSchedule") }}
set ROW_HASH = n.ROW_HASH
from {{ table("STG_MON_NewHashes") }} as n
where {{ table("MON_CustMasterSchedule") }}.ORDER_KEY = {{ q.bin("n.ORDER_KEY") }}
    and {{ table("MON_CustMasterSchedule") }}.ROW_HASH = n.CONFIRMED_HASH
