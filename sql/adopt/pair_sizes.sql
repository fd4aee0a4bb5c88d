-- The subitem of each size, the oldest where several show one label. An item just taken over brings every size it has:
-- one that the order no longer wants has to fall to 0. Of a known item only sizes that would be made again count.
{% import "push/_macros.sql" as q with context %}
{% import "adopt/_macros.sql" as a with context %}
insert into {{ a.temp("ADOPT_TAKEN_SIZES") }} (ORDER_KEY, SIZE_LABEL, SUBITEM_ID, ITEM_ID, BOARD_ID, QTY, TWINS)
select
    n.ORDER_KEY, coalesce(n.STAGED_LABEL, n.LABEL), n.SUBITEM_ID, n.ITEM_ID, n.BOARD_ID,
    case when n.STAGED_LABEL is null then coalesce(n.QTY, 0) else n.QTY end, n.TWINS
from (
    select
        p.ORDER_KEY, z.ITEM_ID, z.SUBITEM_ID, z.BOARD_ID, z.LABEL, z.QTY, s.SIZE_LABEL as STAGED_LABEL,
        row_number() over (partition by z.ITEM_ID, upper(z.LABEL) order by z.SUBITEM_ID) as PLACE,
        count(*) over (partition by z.ITEM_ID, upper(z.LABEL)) as TWINS
    from {{ a.temp("ADOPT_PAIRS") }} as p
    inner join {{ a.temp("ADOPT_SIZES") }} as z on z.ITEM_ID = p.ITEM_ID
    left join (
        select
            {{ q.bin("ORDER_KEY") }} as ORDER_KEY, {{ q.bin("SIZE_LABEL") }} as SIZE_LABEL,
            upper({{ q.bin("SIZE_LABEL") }}) as N_LABEL
        from {{ table("STG_MON_CustMasterSchedule_Subitems") }}
        where CHANGE_TYPE = 'CREATE'
    ) as s on s.ORDER_KEY = p.ORDER_KEY and s.N_LABEL = upper(z.LABEL)
    where p.MATCHED_BY <> 'ARCHIVED'
        and (p.MATCHED_BY <> 'KNOWN' or s.SIZE_LABEL is not null)
        and not exists (
            select 1
            from {{ table("MON_CustMasterSchedule_Subitems") }} as k
            where k.MONDAY_SUBITEM_ID = z.SUBITEM_ID
                or (
                    k.ORDER_KEY = p.ORDER_KEY
                    and upper(k.SIZE_LABEL) = upper(z.LABEL)
                    and k.MONDAY_PARENT_ITEM_ID = p.ITEM_ID
                    and k.MONDAY_SUBITEM_ID is not null
                )
        )
) as n
where n.PLACE = 1
