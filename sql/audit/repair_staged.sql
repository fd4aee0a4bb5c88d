-- Orders that stand on the board although the tables never heard of them: as the board shows them.
{% import "push/_macros.sql" as q with context %}
{% import "audit/_macros.sql" as a with context %}
insert into {{ table("MON_CustMasterSchedule") }} (
    ORDER_KEY, ROW_HASH, ITEM_NAME, GROUP_NAME, BATCH_CUSTOMER, SOURCE_CUSTOMER,
{% for column, type, name in columns %}
    {{ column }},
{% endfor %}
    MONDAY_ITEM_ID, MONDAY_GROUP_ID, MONDAY_BOARD_ID, FIRST_PUSHED_AT, LAST_PUSHED_AT
)
select
    p.ORDER_KEY, ?, {{ a.as_kept("name", "i.ITEM_NAME") }}, {{ a.as_kept("group", "i.GROUP_NAME") }}, s.BATCH_CUSTOMER, s.SOURCE_CUSTOMER,
{% for column, kind in kinds %}
    {{ a.as_kept(kind, "i." ~ column) }},
{% endfor %}
    p.ITEM_ID, i.GROUP_ID, ?, ?, ?
from {{ a.work("Matched") }} as p
inner join {{ a.work("Items") }} as i on i.ITEM_ID = p.ITEM_ID
inner join {{ table("STG_MON_CustMasterSchedule") }} as s on {{ q.bin("s.ORDER_KEY") }} = p.ORDER_KEY
where p.POSITION = 1 and p.STATE = 'STAGED' and {{ a.planned("p.ORDER_KEY") }}
