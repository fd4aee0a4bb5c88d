-- What would be taken over, by customer and rule.
{% import "push/_macros.sql" as q with context %}
{% import "adopt/_macros.sql" as a with context %}
select min(s.BATCH_CUSTOMER) as BATCH_CUSTOMER, p.MATCHED_BY, count(*) as ITEMS
from {{ a.temp("ADOPT_PAIRS") }} as p
inner join {{ table("STG_MON_CustMasterSchedule") }} as s on {{ q.bin("s.ORDER_KEY") }} = p.ORDER_KEY
where p.MATCHED_BY not in ('KNOWN', 'ARCHIVED')
group by {{ q.bin("s.BATCH_CUSTOMER") }}, p.MATCHED_BY
order by 1, 2
