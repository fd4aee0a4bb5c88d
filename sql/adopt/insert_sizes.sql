-- Sizes taken over, with what their subitems show.
{% import "adopt/_macros.sql" as a with context %}
insert into {{ table("MON_CustMasterSchedule_Subitems") }} (
    ORDER_KEY, SIZE_LABEL, ORDER_QTY, MONDAY_SUBITEM_ID, MONDAY_PARENT_ITEM_ID, MONDAY_SUBITEM_BOARD_ID, BATCH_ID,
    FIRST_PUSHED_AT, LAST_PUSHED_AT
)
select t.ORDER_KEY, t.SIZE_LABEL, t.QTY, t.SUBITEM_ID, t.ITEM_ID, t.BOARD_ID, ?, ?, ?
from {{ a.temp("ADOPT_TAKEN_SIZES") }} as t
where not exists (
    select 1
    from {{ table("MON_CustMasterSchedule_Subitems") }} as k
    where k.ORDER_KEY = t.ORDER_KEY and k.SIZE_LABEL = t.SIZE_LABEL
)
