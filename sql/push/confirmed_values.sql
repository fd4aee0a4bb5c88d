-- What the tables hold of orders, for cells that keep what they show.
{% import "push/_macros.sql" as q with context %}
select m.*
from {{ table("MON_CustMasterSchedule") }} as m
where m.ORDER_KEY = ?
