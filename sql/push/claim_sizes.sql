-- Takes sizes for one request; see claim_items.
{% import "push/_macros.sql" as q with context %}
insert into {{ table("MON_RowClaims") }} (LEVEL, ROW_KEY, REQUEST_ID, WORKER, LEASE_UNTIL)
select 'SUBITEM', concat(s.ORDER_KEY, '|', s.SIZE_LABEL), ?, ?, ?
{{ q.sizes() }}
where {{ q.bin("concat(s.ORDER_KEY, '|', s.SIZE_LABEL)") }} in (
        select {{ q.bin("k.ROW_KEY") }} from {{ q.json_rows([("ROW_KEY", short(400))]) }} as k
    )
    and m.MONDAY_ITEM_ID is not null
    and {{ q.size_needs_work() }}
    and not exists (
        select 1
        from {{ table("MON_RowClaims") }} as c
        where c.LEVEL = 'SUBITEM' and c.ROW_KEY = {{ q.bin("concat(s.ORDER_KEY, '|', s.SIZE_LABEL)") }}
    )
