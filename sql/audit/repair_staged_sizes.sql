-- Sizes that stand on the board although the tables never heard of them.
{% import "audit/_macros.sql" as a with context %}
insert into {{ table("MON_CustMasterSchedule_Subitems") }} (
    ORDER_KEY, SIZE_LABEL, ORDER_QTY, MONDAY_SUBITEM_ID, MONDAY_PARENT_ITEM_ID, MONDAY_SUBITEM_BOARD_ID, FIRST_PUSHED_AT,
    LAST_PUSHED_AT
)
select p.ORDER_KEY, p.SIZE_LABEL, {{ a.whole("s.QUANTITY") }}, p.SUBITEM_ID, p.ITEM_ID, ?, ?, ?
from {{ a.work("MatchedSizes") }} as p
inner join {{ a.work("Sizes") }} as s on s.SUBITEM_ID = p.SUBITEM_ID
where p.POSITION = 1 and p.STATE = 'STAGED' and {{ a.planned("p.ORDER_KEY") }}
