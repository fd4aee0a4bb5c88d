-- Ends the claim on the making of groups: one's own, or that of a dead run.
{% import "push/_macros.sql" as q with context %}
delete from {{ table("MON_RowClaims") }}
where LEVEL = 'GROUP' and ROW_KEY = {{ q.bin("?") }} and {{ "LEASE_UNTIL < ?" if dead else "WORKER = ?" }}
