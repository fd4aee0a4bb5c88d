-- The staged sizes of some requests that still need work, with the ids of parent and subitem as confirmed now.
{% import "push/_macros.sql" as q with context %}
select
    s.*, c.REQUEST_ID as CLAIM_ID, m.MONDAY_ITEM_ID as LIVE_PARENT_ID, x.MONDAY_SUBITEM_ID as LIVE_SUBITEM_ID,
    x.MONDAY_SUBITEM_BOARD_ID as LIVE_BOARD_ID, case when y.ORDER_KEY is null then 0 else 1 end as IS_KNOWN,
    {{ q.attempts("SUBITEM") }} as LIVE_ATTEMPTS,
    {{ q.blank_cells("SUBITEM") }} as BLANK_CELLS
from {{ q.json_rows([("ROW_KEY", short(400)), ("ORDER_KEY", short(255)), ("SIZE_LABEL", short(100)), ("REQUEST_ID", short(36))]) }} as k
inner join {{ table("MON_RowClaims") }} as c
    on c.LEVEL = 'SUBITEM' and c.ROW_KEY = {{ q.bin("k.ROW_KEY") }} and c.REQUEST_ID = {{ q.bin("k.REQUEST_ID") }}
inner join {{ q.staged_sizes(made_again) }} as s
    on s.ORDER_KEY = {{ q.bin("k.ORDER_KEY") }} and s.SIZE_LABEL = {{ q.bin("k.SIZE_LABEL") }}
{{ q.size_joins() }}
{{ q.known_sizes() }}
where m.MONDAY_ITEM_ID is not null
    and {{ q.size_needs_work() }}
order by {{ q.in_order(made_again) }}
