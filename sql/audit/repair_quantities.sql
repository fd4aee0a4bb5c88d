-- A differing quantity is confirmed as the board shows it; none where it shows no whole number.
{% import "audit/_macros.sql" as a with context %}
{% set target = table("MON_CustMasterSchedule_Subitems") %}
update {{ target }}
set ORDER_QTY = {{ a.whole("s.QUANTITY") }}
from {{ a.work("Differences") }} as d
inner join {{ a.work("Sizes") }} as s on s.SUBITEM_ID = d.MONDAY_ID
where d.LEVEL = 'SUBITEM'
    and d.COLUMN_NAME = 'ORDER_QTY'
    and d.BY_ID = 1
    and d.ORDER_KEY = {{ target }}.ORDER_KEY
    and d.SIZE_LABEL = {{ target }}.SIZE_LABEL
    and {{ a.planned("d.ORDER_KEY") }}
