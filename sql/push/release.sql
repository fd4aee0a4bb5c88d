-- Gives up claims of a request: all of it, or the rows named.
{% import "push/_macros.sql" as q with context %}
delete from {{ table("MON_RowClaims") }}
where REQUEST_ID = ?
{% if rows %}
    and ROW_KEY in (select {{ q.bin("k.ROW_KEY") }} from {{ q.json_rows([("ROW_KEY", short(400))]) }} as k)
{% endif %}
