-- A differing column is confirmed as the board shows it, under a hash of its own: the next build stages the difference.
{% import "audit/_macros.sql" as a with context %}
{% set target = table("MON_CustMasterSchedule") %}
update {{ target }}
set {{ quoted(column) }} = {{ a.as_kept(kind, "i." ~ quoted(column)) }}, ROW_HASH = ?{% if column == "GROUP_NAME" %}, MONDAY_GROUP_ID = i.GROUP_ID{% endif %}

from {{ a.work("Differences") }} as d
inner join {{ a.work("Items") }} as i on i.ITEM_ID = d.MONDAY_ID
where d.LEVEL = 'ITEM'
    and d.COLUMN_NAME = ?
    and d.ORDER_KEY = {{ target }}.ORDER_KEY
    and {{ a.planned("d.ORDER_KEY") }}
