-- Findings that the repair left as they are.
{% import "audit/_macros.sql" as a with context %}
select f.CLASS, count(*) as FINDINGS
from {{ a.work("Found") }} as f
where f.CLASS not in ('pending', 'edited')
    and not (f.IS_OURS = 1 and exists (select 1 from {{ a.work("Plan") }} as p where p.ORDER_KEY = f.ORDER_KEY))
{% if ignore_unknown %}
    and not (f.CLASS = 'unknown' and f.IS_OURS = 0)
{% endif %}
group by f.CLASS
