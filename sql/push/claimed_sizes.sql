-- The staged sizes of one request, with the ids of parent and subitem as confirmed now.
{% import "push/_macros.sql" as q with context %}
select s.*, m.MONDAY_ITEM_ID as LIVE_PARENT_ID, x.MONDAY_SUBITEM_ID as LIVE_SUBITEM_ID, x.MONDAY_SUBITEM_BOARD_ID as LIVE_BOARD_ID
from {{ table("MON_RowClaims") }} as c
inner join {{ table("STG_MON_CustMasterSchedule_Subitems") }} as s
    on c.ROW_KEY = {{ q.bin("concat(s.ORDER_KEY, '|', s.SIZE_LABEL)") }}
{{ q.size_joins() }}
where c.REQUEST_ID = ? and c.LEVEL = 'SUBITEM'
order by s.ORDER_KEY, s.SIZE_LABEL
