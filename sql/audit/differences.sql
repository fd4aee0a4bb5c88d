-- Where a cell shows something else than what was confirmed, one column at a time.
{% import "audit/_macros.sql" as a with context %}
{% set shown = "i.CELL_KEY" if column == "ORDER_KEY" else "i." ~ quoted(column) %}
{% set kept = "m." ~ quoted(column) %}
insert into {{ a.work("Differences") }} (
    LEVEL, ORDER_KEY, SIZE_LABEL, MONDAY_ID, COLUMN_NAME, CONFIRMED, ON_BOARD, BY_ID, IS_EDIT
)
select
    'ITEM', p.ORDER_KEY, null, p.ITEM_ID, '{{ column | replace("'", "''") }}', cast({{ kept }} as {{ text }}), {{ shown }}, p.BY_ID, {{ edit }}
from {{ a.work("Matched") }} as p
inner join {{ table("MON_CustMasterSchedule") }} as m on m.ORDER_KEY = p.ORDER_KEY
inner join {{ a.work("Items") }} as i on i.ITEM_ID = p.ITEM_ID
where p.POSITION = 1
    and p.STATE in ('LIVE', 'OFF')
    and {{ a.cells_differ(kind, kept, shown) }}
