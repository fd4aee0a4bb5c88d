-- The staged orders of some requests that still need work, with what is confirmed of them now: what was confirmed or
-- blocked meanwhile, or is no longer staged, isn't here.
{% import "push/_macros.sql" as q with context %}
select
    s.*,
    c.REQUEST_ID as CLAIM_ID,
    case when m.ARCHIVED_AT is null then m.MONDAY_ITEM_ID end as LIVE_ITEM_ID,
    case when m.ARCHIVED_AT is null then m.ROW_HASH end as LIVE_HASH,
    case when m.ARCHIVED_AT is null then m.MONDAY_GROUP_ID end as LIVE_GROUP_ID,
    case when m.ORDER_KEY is null then 0 else 1 end as IS_KNOWN,
    {{ q.attempts("ITEM") }} as LIVE_ATTEMPTS,
    {{ q.blank_cells("ITEM") }} as BLANK_CELLS
from {{ q.json_rows([("ROW_KEY", short(400)), ("REQUEST_ID", short(36))]) }} as k
inner join {{ table("MON_RowClaims") }} as c
    on c.LEVEL = 'ITEM' and c.ROW_KEY = {{ q.bin("k.ROW_KEY") }} and c.REQUEST_ID = {{ q.bin("k.REQUEST_ID") }}
inner join {{ table("STG_MON_CustMasterSchedule") }} as s on {{ q.bin("s.ORDER_KEY") }} = {{ q.bin("k.ROW_KEY") }}
left join {{ table("MON_CustMasterSchedule") }} as m on m.ORDER_KEY = {{ q.bin("k.ROW_KEY") }}
where {{ q.item_needs_work() }}
order by s.ORDER_KEY
