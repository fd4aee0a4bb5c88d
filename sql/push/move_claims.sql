-- The claims of a request's remainder go over to the request that carries it on.
{% import "push/_macros.sql" as q with context %}
update {{ table("MON_RowClaims") }}
set REQUEST_ID = ?, WORKER = ?
where REQUEST_ID = ?
    and ROW_KEY in (select {{ q.bin("k.ROW_KEY") }} from {{ q.json_rows([("ROW_KEY", short(400))]) }} as k)
