-- The rows of the planned orders, as claims name them.
{% import "audit/_macros.sql" as a with context %}
insert into {{ a.work("Rows") }} (LEVEL, ROW_KEY, ORDER_KEY)
select 'ITEM', p.ORDER_KEY, p.ORDER_KEY
from {{ a.work("Plan") }} as p
union
select 'SUBITEM', concat(x.ORDER_KEY, '|', x.SIZE_LABEL), x.ORDER_KEY
from {{ table("MON_CustMasterSchedule_Subitems") }} as x
inner join {{ a.work("Plan") }} as p on p.ORDER_KEY = x.ORDER_KEY
union
select 'SUBITEM', concat(s.ORDER_KEY, '|', s.SIZE_LABEL), s.ORDER_KEY
from {{ a.work("MatchedSizes") }} as s
inner join {{ a.work("Plan") }} as p on p.ORDER_KEY = s.ORDER_KEY
where s.SIZE_LABEL is not null and s.STATE <> 'NONE'
