-- Which order each item of the board stands for: by its confirmed id, else by its key. Of several the confirmed one comes
-- first, then the oldest. STATE says what the tables know of that order: LIVE (on the board), OFF (archived, or its item
-- is forgotten), STAGED (not yet on the board), NONE.
{% import "push/_macros.sql" as q with context %}
{% import "audit/_macros.sql" as a with context %}
insert into {{ a.work("Matched") }} (ITEM_ID, ORDER_KEY, BY_ID, POSITION, STATE)
select
    k.ITEM_ID,
    k.ORDER_KEY,
    k.BY_ID,
    case
        when k.ORDER_KEY is null then 1
        else cast(row_number() over (partition by k.ORDER_KEY order by k.BY_ID desc, k.ITEM_ID) as {{ integer }})
    end,
    case
        when m.ORDER_KEY is not null and m.MONDAY_ITEM_ID is not null and m.ARCHIVED_AT is null then 'LIVE'
        when m.ORDER_KEY is not null then 'OFF'
{% if staged %}
        when s.ORDER_KEY is not null then 'STAGED'
{% endif %}
        else 'NONE'
    end
from (
    select
        i.ITEM_ID,
        coalesce(c.ORDER_KEY, i.CELL_KEY) as ORDER_KEY,
        case when c.ORDER_KEY is null then 0 else 1 end as BY_ID
    from {{ a.work("Items") }} as i
    left join {{ table("MON_CustMasterSchedule") }} as c on c.MONDAY_ITEM_ID = i.ITEM_ID
) as k
left join {{ table("MON_CustMasterSchedule") }} as m on m.ORDER_KEY = k.ORDER_KEY
{% if staged %}
left join {{ table("STG_MON_CustMasterSchedule") }} as s
    on {{ q.bin("s.ORDER_KEY") }} = k.ORDER_KEY and s.CHANGE_TYPE = 'CREATE'
{% endif %}
