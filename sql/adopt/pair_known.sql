-- Items whose id the tables hold: those of live orders are known; one that came back from the archive stands for its
-- order again, where that is staged.
{% import "push/_macros.sql" as q with context %}
{% import "adopt/_macros.sql" as a with context %}
insert into {{ a.temp("ADOPT_PAIRS") }} (ORDER_KEY, ITEM_ID, MATCHED_BY)
select
    {{ q.bin("m.ORDER_KEY") }}, i.ITEM_ID,
    case when m.ARCHIVED_AT is null then 'KNOWN' when o.ORDER_KEY is null then 'ARCHIVED' else 'ID' end
from {{ a.temp("ADOPT_ITEMS") }} as i
inner join {{ table("MON_CustMasterSchedule") }} as m on m.MONDAY_ITEM_ID = i.ITEM_ID
left join {{ a.temp("ADOPT_ORDERS") }} as o on o.ORDER_KEY = {{ q.bin("m.ORDER_KEY") }}
