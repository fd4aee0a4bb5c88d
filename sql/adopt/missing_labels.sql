-- Subitems of ours whose Size column is empty, so far known by their name alone.
{% import "adopt/_macros.sql" as a with context %}
select t.ORDER_KEY, t.SIZE_LABEL, t.SUBITEM_ID, t.BOARD_ID
from {{ a.temp("ADOPT_TAKEN_SIZES") }} as t
inner join {{ a.temp("ADOPT_SIZES") }} as z on z.SUBITEM_ID = t.SUBITEM_ID
where z.IS_LABELLED = 0
union all
select k.ORDER_KEY, k.SIZE_LABEL, k.MONDAY_SUBITEM_ID, coalesce(z.BOARD_ID, k.MONDAY_SUBITEM_BOARD_ID)
from {{ a.temp("ADOPT_SIZES") }} as z
inner join {{ table("MON_CustMasterSchedule_Subitems") }} as k on k.MONDAY_SUBITEM_ID = z.SUBITEM_ID
where z.IS_LABELLED = 0
    and not exists (select 1 from {{ a.temp("ADOPT_TAKEN_SIZES") }} as t where t.SUBITEM_ID = z.SUBITEM_ID)
order by 3
