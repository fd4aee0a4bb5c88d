-- The staged sizes of one request that still need work, with the ids of parent and subitem as confirmed now.
{% import "push/_macros.sql" as q with context %}
select
    s.*, m.MONDAY_ITEM_ID as LIVE_PARENT_ID, x.MONDAY_SUBITEM_ID as LIVE_SUBITEM_ID,
    x.MONDAY_SUBITEM_BOARD_ID as LIVE_BOARD_ID
from {{ q.json_rows([("ROW_KEY", short(400)), ("ORDER_KEY", short(255)), ("SIZE_LABEL", short(100))]) }} as k
inner join {{ table("MON_RowClaims") }} as c
    on c.LEVEL = 'SUBITEM' and c.ROW_KEY = {{ q.bin("k.ROW_KEY") }} and c.REQUEST_ID = ?
inner join {{ table("STG_MON_CustMasterSchedule_Subitems") }} as s
    on s.ORDER_KEY = {{ q.bin("k.ORDER_KEY") }} and s.SIZE_LABEL = {{ q.bin("k.SIZE_LABEL") }}
{{ q.size_joins() }}
where m.MONDAY_ITEM_ID is not null
    and {{ q.size_needs_work() }}
order by s.ORDER_KEY, s.SIZE_LABEL
