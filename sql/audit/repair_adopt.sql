-- Orders whose item is another one by now, or is back on the board: the id, and what else is known of the place.
{% import "audit/_macros.sql" as a with context %}
update {{ table("MON_CustMasterSchedule") }}
set MONDAY_ITEM_ID = n.ITEM_ID, MONDAY_GROUP_ID = n.GROUP_ID, MONDAY_BOARD_ID = ?, ARCHIVED_AT = null, ROW_HASH = ?
from (
    select p.ORDER_KEY, p.ITEM_ID, i.GROUP_ID
    from {{ a.work("Matched") }} as p
    inner join {{ a.work("Items") }} as i on i.ITEM_ID = p.ITEM_ID
    where p.POSITION = 1
        and ((p.STATE = 'OFF') or (p.STATE = 'LIVE' and p.BY_ID = 0))
        and {{ a.planned("p.ORDER_KEY") }}
) as n
where n.ORDER_KEY = {{ table("MON_CustMasterSchedule") }}.ORDER_KEY
