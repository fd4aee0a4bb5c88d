-- Items and subitems that stand for an order or a size beside the one that stays.
{% import "audit/_macros.sql" as a with context %}
select p.ITEM_ID as MONDAY_ID
from {{ a.work("Matched") }} as p
where p.POSITION > 1 and p.STATE <> 'NONE' and {{ a.planned("p.ORDER_KEY") }}
union all
select p.SUBITEM_ID
from {{ a.work("MatchedSizes") }} as p
where p.POSITION > 1 and p.STATE <> 'NONE' and {{ a.planned("p.ORDER_KEY") }}
order by MONDAY_ID
