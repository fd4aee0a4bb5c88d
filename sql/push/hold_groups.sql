-- Claims the making of groups on a board. The primary key admits one run at a time.
{% import "push/_macros.sql" as q with context %}
insert into {{ table("MON_RowClaims") }} (LEVEL, ROW_KEY, REQUEST_ID, WORKER, LEASE_UNTIL)
select 'GROUP', ?, ?, ?, ?
where not exists (select 1 from {{ table("MON_RowClaims") }} as c where c.LEVEL = 'GROUP' and c.ROW_KEY = {{ q.bin("?") }})
