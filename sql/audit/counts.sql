-- How many findings of each kind, and how many of them concern what is ours.
{% import "audit/_macros.sql" as a with context %}
select CLASS, LEVEL, count(*) as FINDINGS, sum(IS_OURS) as OURS, count(distinct ORDER_KEY) as ORDERS
from {{ a.work("Found") }}
group by CLASS, LEVEL
