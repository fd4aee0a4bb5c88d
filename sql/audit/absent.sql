-- Items to ask for by their id: confirmed ones that no page showed, and parents of confirmed subitems that none showed.
{% import "push/_macros.sql" as q with context %}
{% import "audit/_macros.sql" as a with context %}
select {{ q.top(rows) }}w.ITEM_ID
from (
    select m.MONDAY_ITEM_ID as ITEM_ID
    from {{ table("MON_CustMasterSchedule") }} as m
    where m.MONDAY_ITEM_ID is not null
        and m.ARCHIVED_AT is null
        and not exists (select 1 from {{ a.work("Items") }} as i where i.ITEM_ID = m.MONDAY_ITEM_ID)
    union
    select x.MONDAY_PARENT_ITEM_ID
    from {{ table("MON_CustMasterSchedule_Subitems") }} as x
    inner join {{ a.work("Matched") }} as p
        on p.ORDER_KEY = x.ORDER_KEY and p.ITEM_ID = x.MONDAY_PARENT_ITEM_ID and p.BY_ID = 1
    where x.MONDAY_SUBITEM_ID is not null
        and not exists (
            select 1
            from {{ a.work("Sizes") }} as s
            where s.SUBITEM_ID = x.MONDAY_SUBITEM_ID and s.ITEM_ID = x.MONDAY_PARENT_ITEM_ID
        )
) as w
where w.ITEM_ID > ?
order by w.ITEM_ID
{{ q.limit(rows) }}
