-- Where a subitem shows another size, quantity or name than what was confirmed. A quantity that the tables don't know
-- (an adopted subitem's) is staged anyhow, and not compared.
{% import "push/_macros.sql" as q with context %}
{% import "audit/_macros.sql" as a with context %}
insert into {{ a.work("Differences") }} (
    LEVEL, ORDER_KEY, SIZE_LABEL, MONDAY_ID, COLUMN_NAME, CONFIRMED, ON_BOARD, BY_ID, IS_EDIT
)
select 'SUBITEM', p.ORDER_KEY, p.SIZE_LABEL, p.SUBITEM_ID, c.COLUMN_NAME, c.CONFIRMED, c.ON_BOARD, p.BY_ID, c.IS_EDIT
from {{ a.work("MatchedSizes") }} as p
inner join (
    select
        p.SUBITEM_ID, 'ORDER_QTY' as COLUMN_NAME, cast(x.ORDER_QTY as {{ text }}) as CONFIRMED, s.CELL_QTY as ON_BOARD, 0 as IS_EDIT
    from {{ a.work("MatchedSizes") }} as p
    inner join {{ table("MON_CustMasterSchedule_Subitems") }} as x
        on x.ORDER_KEY = p.ORDER_KEY and x.SIZE_LABEL = p.SIZE_LABEL
    inner join {{ a.work("Sizes") }} as s on s.SUBITEM_ID = p.SUBITEM_ID
    where x.ORDER_QTY is not null and (s.QUANTITY is null or s.QUANTITY <> x.ORDER_QTY)
    union all
    select p.SUBITEM_ID, 'SIZE_LABEL', {{ a.plain("p.SIZE_LABEL") }}, {{ a.plain("s.CELL_LABEL") }}, 0
    from {{ a.work("MatchedSizes") }} as p
    inner join {{ a.work("Sizes") }} as s on s.SUBITEM_ID = p.SUBITEM_ID
    where (s.IS_LABELLED = 0 or upper(s.CELL_LABEL) <> upper(p.SIZE_LABEL))
        and not exists (
            select 1
            from {{ table("ERR_MON_CustMasterSchedule_Subitems") }} as e
            where e.ORDER_KEY = p.ORDER_KEY and e.SIZE_LABEL = p.SIZE_LABEL and e.RESOLVED_AT is null
                and e.ERROR_CLASS = 'CELL' and e.COLUMN_NAME = 'SIZE_LABEL' and s.IS_LABELLED = 0
        )
    union all
    select p.SUBITEM_ID, 'SUBITEM_NAME', {{ a.plain("concat('Size ', p.SIZE_LABEL)") }}, s.SUBITEM_NAME, 1
    from {{ a.work("MatchedSizes") }} as p
    inner join {{ a.work("Sizes") }} as s on s.SUBITEM_ID = p.SUBITEM_ID
    where {{ q.bin("concat('Size ', p.SIZE_LABEL)") }} <> s.SUBITEM_NAME
) as c
    on c.SUBITEM_ID = p.SUBITEM_ID
where p.POSITION = 1 and p.STATE in ('LIVE', 'OFF', 'STAGED')
