-- Items that are missing, double, unknown, or on the board although the tables say they were archived; and differing cells.
{% import "audit/_macros.sql" as a with context %}
insert into {{ a.work("Found") }} (
    CLASS, LEVEL, ORDER_KEY, SIZE_LABEL, MONDAY_ID, COLUMN_NAME, CONFIRMED, ON_BOARD, NOTE, IS_OURS, CUSTOMER
)
select
    'missing', 'ITEM', m.ORDER_KEY, null, m.MONDAY_ITEM_ID, null, m.ITEM_NAME, null,
    case
        when o.ITEM_ID is not null then concat('item ', o.ITEM_ID, ' has its key')
        when g.STATE is null then 'no such item'
        else g.STATE
    end,
    1, null
from {{ table("MON_CustMasterSchedule") }} as m
left join {{ a.work("Matched") }} as p on p.ITEM_ID = m.MONDAY_ITEM_ID
left join {{ a.work("Matched") }} as o on o.ORDER_KEY = m.ORDER_KEY and o.POSITION = 1
left join {{ a.work("Gone") }} as g on g.ITEM_ID = m.MONDAY_ITEM_ID
where m.MONDAY_ITEM_ID is not null and m.ARCHIVED_AT is null and p.ITEM_ID is null
union all
select 'archived', 'ITEM', p.ORDER_KEY, null, p.ITEM_ID, null, null, i.ITEM_NAME, 'the tables say it was archived', 1, null
from {{ a.work("Matched") }} as p
inner join {{ a.work("Items") }} as i on i.ITEM_ID = p.ITEM_ID
where p.BY_ID = 1 and p.STATE = 'OFF'
union all
select
    'double', 'ITEM', p.ORDER_KEY, null, p.ITEM_ID, null, null, i.ITEM_NAME, concat('item ', o.ITEM_ID, ' stays'),
    case when p.STATE = 'NONE' then 0 else 1 end, null
from {{ a.work("Matched") }} as p
inner join {{ a.work("Matched") }} as o on o.ORDER_KEY = p.ORDER_KEY and o.POSITION = 1
inner join {{ a.work("Items") }} as i on i.ITEM_ID = p.ITEM_ID
where p.POSITION > 1
union all
select
    'unknown', 'ITEM', p.ORDER_KEY, null, p.ITEM_ID, null, null, i.ITEM_NAME,
    case
        when p.ORDER_KEY is null then 'no order key'
        when p.STATE = 'STAGED' then 'its order is staged for creation'
        when p.STATE = 'NONE' then 'the tables do not know its key'
        else 'the item that its order had is gone'
    end,
    case when p.STATE = 'NONE' then 0 else 1 end, null
from {{ a.work("Matched") }} as p
inner join {{ a.work("Items") }} as i on i.ITEM_ID = p.ITEM_ID
where p.POSITION = 1 and p.BY_ID = 0
union all
select
    case when d.IS_EDIT = 1 then 'edited' else 'differing' end, d.LEVEL, d.ORDER_KEY, d.SIZE_LABEL, d.MONDAY_ID,
    d.COLUMN_NAME, d.CONFIRMED, d.ON_BOARD, null, 1, null
from {{ a.work("Differences") }} as d
where d.BY_ID = 1
