-- Gives up the claims of some rows of requests.
{% import "push/_macros.sql" as q with context %}
delete from {{ table("MON_RowClaims") }}
where exists (
    select 1
    from {{ q.json_rows([("REQUEST_ID", short(36)), ("ROW_KEY", short(400))]) }} as k
    where {{ table("MON_RowClaims") }}.REQUEST_ID = {{ q.bin("k.REQUEST_ID") }}
        and {{ table("MON_RowClaims") }}.ROW_KEY = {{ q.bin("k.ROW_KEY") }}
)
