-- How many sizes to create have a subitem on the board that the tables don't know and that shows their quantity: what a
-- person made by hand shows another. Read after the board was.
{% import "push/_macros.sql" as q with context %}
select count(distinct concat(s.ORDER_KEY, '|', s.SIZE_LABEL)) as SIZES
{{ q.sizes() }}
inner join {{ q.json_rows([("SUBITEM_ID", bigint), ("ITEM_ID", bigint), ("LABEL", short(100)), ("QTY", bigint)]) }} as j
    on j.ITEM_ID = m.MONDAY_ITEM_ID
    and j.QTY = s.ORDER_QTY
    and {{ q.norm("j.LABEL") }} = {{ q.norm(q.bin("s.SIZE_LABEL")) }}
where x.MONDAY_SUBITEM_ID is null
    and {{ q.size_needs_work() }}
    and {{ q.is_free("SUBITEM") }}
    and not exists (
        select 1 from {{ table("MON_CustMasterSchedule_Subitems") }} as k where k.MONDAY_SUBITEM_ID = j.SUBITEM_ID
    )
