-- The staged orders of one request that still need work, with what is confirmed of them now: what was confirmed or
-- blocked meanwhile, or is no longer staged, isn't here.
{% import "push/_macros.sql" as q with context %}
select
    s.*,
    case when m.ARCHIVED_AT is null then m.MONDAY_ITEM_ID end as LIVE_ITEM_ID,
    case when m.ARCHIVED_AT is null then m.ROW_HASH end as LIVE_HASH,
    case when m.ARCHIVED_AT is null then m.MONDAY_GROUP_ID end as LIVE_GROUP_ID,
    case when m.ORDER_KEY is null then 0 else 1 end as IS_KNOWN
from {{ table("MON_RowClaims") }} as c
inner join {{ table("STG_MON_CustMasterSchedule") }} as s on c.ROW_KEY = {{ q.bin("s.ORDER_KEY") }}
left join {{ table("MON_CustMasterSchedule") }} as m on m.ORDER_KEY = c.ROW_KEY
where c.REQUEST_ID = ?
    and c.LEVEL = 'ITEM'
    and {{ q.item_needs_work() }}
order by s.ORDER_KEY
