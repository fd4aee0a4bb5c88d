-- Sizes whose subitem is another one by now, with the quantity that it shows.
{% import "audit/_macros.sql" as a with context %}
{% set target = table("MON_CustMasterSchedule_Subitems") %}
update {{ target }}
set
    MONDAY_SUBITEM_ID = n.SUBITEM_ID,
    MONDAY_PARENT_ITEM_ID = n.ITEM_ID,
    MONDAY_SUBITEM_BOARD_ID = ?,
    ORDER_QTY = n.ORDER_QTY
from (
    select p.ORDER_KEY, p.SIZE_LABEL, p.SUBITEM_ID, p.ITEM_ID, {{ a.whole("s.QUANTITY") }} as ORDER_QTY
    from {{ a.work("MatchedSizes") }} as p
    inner join {{ a.work("Sizes") }} as s on s.SUBITEM_ID = p.SUBITEM_ID
    where p.POSITION = 1 and p.BY_ID = 0 and p.STATE in ('LIVE', 'OFF') and {{ a.planned("p.ORDER_KEY") }}
) as n
where n.ORDER_KEY = {{ target }}.ORDER_KEY and n.SIZE_LABEL = {{ target }}.SIZE_LABEL
