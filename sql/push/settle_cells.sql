-- Cells that were left blank are what they should be by now: of their orders the hash alone is new.
{% import "push/_macros.sql" as q with context %}
update {{ q.errors("ITEM") }}
set RESOLVED_AT = ?, RESOLVED_BY = 'build'
where RESOLVED_AT is null
    and ERROR_CLASS = 'CELL'
    and exists (
        select 1
        from {{ table("STG_MON_NewHashes") }} as n
        inner join {{ table("MON_CustMasterSchedule") }} as m
            on m.ORDER_KEY = {{ q.bin("n.ORDER_KEY") }} and m.ROW_HASH = n.ROW_HASH
        where {{ q.bin("n.ORDER_KEY") }} = {{ q.errors("ITEM") }}.ORDER_KEY
            and n.ROW_HASH <> {{ q.errors("ITEM") }}.ROW_HASH
    )
