-- Everything ambiguous, with names to recognise it by.
{% import "push/_macros.sql" as q with context %}
{% import "adopt/_macros.sql" as a with context %}
select d.DOUBT_ID, d.MATCHED_BY, d.ORDERS, d.ITEMS, d.ORDER_KEY, d.ITEM_ID, coalesce(i.ITEM_NAME, s.ITEM_NAME) as ITEM_NAME,
    s.BATCH_CUSTOMER
from {{ a.temp("ADOPT_DOUBTS") }} as d
left join {{ a.temp("ADOPT_ITEMS") }} as i on i.ITEM_ID = d.ITEM_ID
left join {{ table("STG_MON_CustMasterSchedule") }} as s on {{ q.bin("s.ORDER_KEY") }} = d.ORDER_KEY
order by d.DOUBT_ID, d.ORDER_KEY, d.ITEM_ID
