-- Rows that a push holds, or whose request has no outcome yet.
{% import "push/_macros.sql" as q with context %}
{% import "audit/_macros.sql" as a with context %}
insert into {{ a.work("Pending") }} (LEVEL, ROW_KEY)
select LEVEL, ROW_KEY
from {{ table("MON_RowClaims") }}
{% if owner %}
where REQUEST_ID <> ?
{% endif %}
union
select {{ q.bin("r.LEVEL") }}, {{ q.bin("r.ROW_KEY") }}
from {{ table("MON_ApiRequestRows") }} as r
inner join {{ table("MON_ApiRequests") }} as o on o.REQUEST_ID = r.REQUEST_ID
where o.OUTCOME is null
