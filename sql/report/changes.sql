-- What reached the board, by group and kind of change. An order that was changed and moved is UPDATE_AND_MOVE.
{% import "report/_macros.sql" as p with context %}
{% import "push/_macros.sql" as q with context %}
with carried as (
    select
        r.BATCH_ID,
        r.LEVEL,
        coalesce({{ p.json_text("r.ROW_VALUES", "GROUP_NAME") }}, m.GROUP_NAME) as GROUP_NAME,
        case
            when r.LEVEL <> 'ITEM' or r.CHANGE_TYPE <> 'UPDATE' then r.CHANGE_TYPE
            when {{ p.moves("r.ALIAS") }} then 'MOVE'
            when {{ p.moves(p.json_text("r.ROW_VALUES", "_aliases[1]")) }} then 'UPDATE_AND_MOVE'
            else 'UPDATE'
        end as KIND
    from {{ table("MON_ApiRequestRows") }} as r
    inner join {{ table("MON_ApiRequests") }} as q on r.REQUEST_ID = q.REQUEST_ID
    left join {{ table("MON_CustMasterSchedule") }} as m on m.ORDER_KEY = {{ q.bin("r.ORDER_KEY") }}
    where r.OUTCOME in ('OK', 'ADOPTED') and {{ p.shown("r.BATCH_ID", by) }}
)

select BATCH_ID, GROUP_NAME, LEVEL, KIND, count(*) as ROWS_DONE
from carried
group by BATCH_ID, GROUP_NAME, LEVEL, KIND
order by GROUP_NAME, LEVEL, KIND
