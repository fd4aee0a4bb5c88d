-- Ends the claims of requests.
{% import "push/_macros.sql" as q with context %}
delete from {{ table("MON_RowClaims") }}
where REQUEST_ID in (select {{ q.bin("k.REQUEST_ID") }} from {{ q.json_rows([("REQUEST_ID", short(36))]) }} as k)
