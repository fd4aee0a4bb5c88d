-- Sizes that had a subitem before, now gone: they get the one that was found, with what it shows.
{% import "adopt/_macros.sql" as a with context %}
{% set target = table("MON_CustMasterSchedule_Subitems") %}
update {{ target }}
set
    ORDER_QTY = t.QTY,
    MONDAY_SUBITEM_ID = t.SUBITEM_ID,
    MONDAY_PARENT_ITEM_ID = t.ITEM_ID,
    MONDAY_SUBITEM_BOARD_ID = t.BOARD_ID,
    BATCH_ID = ?,
    FIRST_PUSHED_AT = ?,
    LAST_PUSHED_AT = ?
from {{ a.temp("ADOPT_TAKEN_SIZES") }} as t
where {{ target }}.ORDER_KEY = t.ORDER_KEY and {{ target }}.SIZE_LABEL = t.SIZE_LABEL
