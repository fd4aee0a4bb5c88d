-- Which size each subitem stands for: by its confirmed id, else by its label in any case. Only under items that stand for
-- an order that the tables know.
{% import "push/_macros.sql" as q with context %}
{% import "audit/_macros.sql" as a with context %}
insert into {{ a.work("MatchedSizes") }} (
    SUBITEM_ID, ITEM_ID, ORDER_KEY, SIZE_LABEL, PARENT_BY_ID, BY_ID, POSITION, STATE
)
select
    k.SUBITEM_ID,
    k.ITEM_ID,
    k.ORDER_KEY,
    k.SIZE_LABEL,
    k.PARENT_BY_ID,
    k.BY_ID,
    case
        when k.SIZE_LABEL is null then 1
        else cast(
            row_number() over (partition by k.ORDER_KEY, k.SIZE_LABEL order by k.BY_ID desc, k.SUBITEM_ID) as {{ integer }}
        )
    end,
    case
        when x.MONDAY_SUBITEM_ID is not null and x.MONDAY_PARENT_ITEM_ID = k.ITEM_ID then 'LIVE'
        when x.ORDER_KEY is not null then 'OFF'
        when k.IS_STAGED = 1 then 'STAGED'
        else 'NONE'
    end
from (
    select
        s.SUBITEM_ID,
        s.ITEM_ID,
        p.ORDER_KEY,
        p.BY_ID as PARENT_BY_ID,
        case when c.ORDER_KEY is null then 0 else 1 end as BY_ID,
        coalesce(c.SIZE_LABEL, l.SIZE_LABEL, {{ "g.SIZE_LABEL, " if staged }}upper(s.CELL_LABEL)) as SIZE_LABEL,
        {{ "case when g.SIZE_LABEL is null then 0 else 1 end" if staged else "0" }} as IS_STAGED
    from {{ a.work("Sizes") }} as s
    inner join {{ a.work("Matched") }} as p
        on p.ITEM_ID = s.ITEM_ID and p.POSITION = 1 and p.ORDER_KEY is not null and p.STATE <> 'NONE'
    left join {{ table("MON_CustMasterSchedule_Subitems") }} as c
        on c.MONDAY_SUBITEM_ID = s.SUBITEM_ID
        and c.ORDER_KEY = p.ORDER_KEY
        and c.MONDAY_PARENT_ITEM_ID = s.ITEM_ID
    left join (
        select ORDER_KEY, upper(SIZE_LABEL) as FOLDED, min(SIZE_LABEL) as SIZE_LABEL
        from {{ table("MON_CustMasterSchedule_Subitems") }}
        group by ORDER_KEY, upper(SIZE_LABEL)
    ) as l
        on l.ORDER_KEY = p.ORDER_KEY and l.FOLDED = upper(s.CELL_LABEL)
{% if staged %}
    left join (
        select {{ q.bin("ORDER_KEY") }} as ORDER_KEY, {{ q.bin("upper(SIZE_LABEL)") }} as FOLDED, min({{ q.bin("SIZE_LABEL") }}) as SIZE_LABEL
        from {{ table("STG_MON_CustMasterSchedule_Subitems") }}
        group by {{ q.bin("ORDER_KEY") }}, {{ q.bin("upper(SIZE_LABEL)") }}
    ) as g
        on g.ORDER_KEY = p.ORDER_KEY and g.FOLDED = upper(s.CELL_LABEL)
{% endif %}
) as k
left join {{ table("MON_CustMasterSchedule_Subitems") }} as x
    on x.ORDER_KEY = k.ORDER_KEY and x.SIZE_LABEL = k.SIZE_LABEL
