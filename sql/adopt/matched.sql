-- The next orders to take over, after the item reached so far: staged values beside the cells of the item.
{% import "push/_macros.sql" as q with context %}
{% import "adopt/_macros.sql" as a with context %}
select {{ q.top(rows) }}s.*, p.ITEM_ID as PAIR_ITEM_ID, p.MATCHED_BY as PAIR_MATCHED_BY, i.GROUP_ID as PAIR_GROUP_ID, i.CELLS as PAIR_CELLS
from {{ a.temp("ADOPT_PAIRS") }} as p
inner join {{ table("STG_MON_CustMasterSchedule") }} as s on {{ q.bin("s.ORDER_KEY") }} = p.ORDER_KEY
inner join {{ a.temp("ADOPT_ITEMS") }} as i on i.ITEM_ID = p.ITEM_ID
where p.MATCHED_BY not in ('KNOWN', 'ARCHIVED') and p.ITEM_ID > ?
order by p.ITEM_ID
{{ q.limit(rows) }}
