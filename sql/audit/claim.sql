-- Holds the rows of the planned orders while the repair is written, so that no push takes them meanwhile.
{% import "push/_macros.sql" as q with context %}
{% import "audit/_macros.sql" as a with context %}
insert into {{ table("MON_RowClaims") }} (LEVEL, ROW_KEY, REQUEST_ID, WORKER, LEASE_UNTIL)
select r.LEVEL, r.ROW_KEY, ?, 'audit', ?
from {{ a.work("Rows") }} as r
where not exists (
    select 1 from {{ table("MON_RowClaims") }} as c where c.LEVEL = {{ q.bin("r.LEVEL") }} and c.ROW_KEY = r.ROW_KEY
)
