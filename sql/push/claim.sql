-- Takes rows for requests. The primary key admits one open claim per row; whether a row still needs work is read
-- after the claim, when no other run can change it any more. In the order of the keys, so that runs at once wait for one
-- another rather than in a circle.
{% import "push/_macros.sql" as q with context %}
insert into {{ table("MON_RowClaims") }} (LEVEL, ROW_KEY, REQUEST_ID, WORKER, LEASE_UNTIL)
select '{{ level }}', k.ROW_KEY, k.REQUEST_ID, ?, ?
from {{ q.json_rows([("ROW_KEY", short(400)), ("REQUEST_ID", short(36))]) }} as k
where not exists (
    select 1 from {{ table("MON_RowClaims") }} as c where c.LEVEL = '{{ level }}' and c.ROW_KEY = {{ q.bin("k.ROW_KEY") }}
)
order by k.ROW_KEY
