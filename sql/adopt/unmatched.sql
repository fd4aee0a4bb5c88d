-- Items that stand for no staged order, and what speaks against it.
{% import "push/_macros.sql" as q with context %}
{% import "adopt/_macros.sql" as a with context %}
select
    i.ITEM_ID, i.ITEM_NAME,
    case
        when exists (select 1 from {{ a.temp("ADOPT_PAIRS") }} as p where p.ITEM_ID = i.ITEM_ID) then 'ARCHIVED'
        when i.N_KEY is not null and exists (
            select 1
            from {{ table("MON_CustMasterSchedule") }} as m
            where {{ a.norm(q.bin("m.ORDER_KEY")) }} = i.N_KEY and m.MONDAY_ITEM_ID is not null and m.ARCHIVED_AT is null
        ) then 'SECOND'
        when i.N_KEY is not null then 'OTHER_KEY'
        when exists (select 1 from {{ a.temp("ADOPT_ORDERS") }} as o where o.N_NUMBER = i.N_NUMBER) then 'SAME_NUMBER'
        else 'NOTHING'
    end as REASON
from {{ a.temp("ADOPT_ITEMS") }} as i
where not exists (select 1 from {{ a.temp("ADOPT_PAIRS") }} as p where p.ITEM_ID = i.ITEM_ID and p.MATCHED_BY <> 'ARCHIVED')
    and not exists (select 1 from {{ a.temp("ADOPT_DOUBTS") }} as d where d.ITEM_ID = i.ITEM_ID)
order by i.ITEM_ID
