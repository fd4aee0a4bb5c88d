-- Subitems that are missing, double or unknown under the items that the tables know by their id.
{% import "audit/_macros.sql" as a with context %}
insert into {{ a.work("Found") }} (
    CLASS, LEVEL, ORDER_KEY, SIZE_LABEL, MONDAY_ID, COLUMN_NAME, CONFIRMED, ON_BOARD, NOTE, IS_OURS, CUSTOMER
)
select
    'missing', 'SUBITEM', x.ORDER_KEY, x.SIZE_LABEL, x.MONDAY_SUBITEM_ID, null, cast(x.ORDER_QTY as {{ text }}), null,
    case when o.SUBITEM_ID is null then null else concat('subitem ', o.SUBITEM_ID, ' has its size') end, 1, null
from {{ table("MON_CustMasterSchedule_Subitems") }} as x
inner join {{ a.work("Matched") }} as p on p.ORDER_KEY = x.ORDER_KEY and p.ITEM_ID = x.MONDAY_PARENT_ITEM_ID and p.BY_ID = 1
left join {{ a.work("MatchedSizes") }} as s on s.SUBITEM_ID = x.MONDAY_SUBITEM_ID and s.ORDER_KEY = x.ORDER_KEY
left join {{ a.work("MatchedSizes") }} as o
    on o.ORDER_KEY = x.ORDER_KEY and o.SIZE_LABEL = x.SIZE_LABEL and o.POSITION = 1
where x.MONDAY_SUBITEM_ID is not null and s.SUBITEM_ID is null
union all
select
    'double', 'SUBITEM', p.ORDER_KEY, p.SIZE_LABEL, p.SUBITEM_ID, null, null, s.CELL_QTY,
    concat('subitem ', o.SUBITEM_ID, ' stays'), case when p.STATE = 'NONE' then 0 else 1 end, null
from {{ a.work("MatchedSizes") }} as p
inner join {{ a.work("MatchedSizes") }} as o
    on o.ORDER_KEY = p.ORDER_KEY and o.SIZE_LABEL = p.SIZE_LABEL and o.POSITION = 1
inner join {{ a.work("Sizes") }} as s on s.SUBITEM_ID = p.SUBITEM_ID
where p.POSITION > 1 and p.PARENT_BY_ID = 1
union all
select
    'unknown', 'SUBITEM', p.ORDER_KEY, p.SIZE_LABEL, p.SUBITEM_ID, null, null, s.CELL_QTY,
    case
        when p.SIZE_LABEL is null then 'no size'
        when p.STATE = 'STAGED' then 'its size is staged for creation'
        when p.STATE = 'NONE' then 'the tables do not know its size'
        else 'the subitem that its size had is gone'
    end,
    case when p.STATE = 'NONE' then 0 else 1 end, null
from {{ a.work("MatchedSizes") }} as p
inner join {{ a.work("Sizes") }} as s on s.SUBITEM_ID = p.SUBITEM_ID
where p.POSITION = 1 and p.BY_ID = 0 and p.PARENT_BY_ID = 1
