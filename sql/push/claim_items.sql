-- Takes orders for one request. The primary key of the claims table admits one open claim per order; what was
-- confirmed or blocked meanwhile, or is no longer staged, isn't taken.
{% import "push/_macros.sql" as q with context %}
insert into {{ table("MON_RowClaims") }} (LEVEL, ROW_KEY, REQUEST_ID, WORKER, LEASE_UNTIL)
select 'ITEM', s.ORDER_KEY, ?, ?, ?
{{ q.items() }}
where {{ q.bin("s.ORDER_KEY") }} in (select {{ q.bin("k.ORDER_KEY") }} from {{ q.json_rows([("ORDER_KEY", short(255))]) }} as k)
    and {{ q.item_needs_work() }}
    and not exists (
        select 1 from {{ table("MON_RowClaims") }} as c where c.LEVEL = 'ITEM' and c.ROW_KEY = {{ q.bin("s.ORDER_KEY") }}
    )
