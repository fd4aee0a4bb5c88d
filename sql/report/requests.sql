-- The requests that carried rows of the batches, with what became of those rows; of a run also those without rows.
{% import "report/_macros.sql" as p with context %}
select
    r.BATCH_ID, q.REQUEST_ID, q.RUN_ID, q.OPERATION, q.RECORDED_AT, q.SENT_AT, q.FINISHED_AT, q.HTTP_STATUS, q.OUTCOME,
    q.ATTEMPTS, q.COMPLEXITY_COST, q.ROW_COUNT,
    count(r.ALIAS) as ROWS_CARRIED,
    coalesce(sum(case when r.OUTCOME = 'OK' then 1 else 0 end), 0) as ROWS_DONE,
    coalesce(sum(case when r.OUTCOME = 'ADOPTED' then 1 else 0 end), 0) as ROWS_ADOPTED,
    coalesce(sum(case when r.OUTCOME = 'GONE' then 1 else 0 end), 0) as ROWS_GONE,
    coalesce(sum(case when r.OUTCOME = 'RELEASED' then 1 else 0 end), 0) as ROWS_RELEASED,
    coalesce(sum(case when r.OUTCOME not in ('OK', 'ADOPTED', 'GONE', 'RELEASED') then 1 else 0 end), 0) as ROWS_FAILED
from {{ table("MON_ApiRequests") }} as q
{% if by == "run" %}
left join {{ table("MON_ApiRequestRows") }} as r on q.REQUEST_ID = r.REQUEST_ID
where q.RUN_ID = ?
{% else %}
inner join {{ table("MON_ApiRequestRows") }} as r on q.REQUEST_ID = r.REQUEST_ID
where r.BATCH_ID = ?
{% endif %}
group by
    r.BATCH_ID, q.REQUEST_ID, q.RUN_ID, q.OPERATION, q.RECORDED_AT, q.SENT_AT, q.FINISHED_AT, q.HTTP_STATUS, q.OUTCOME,
    q.ATTEMPTS, q.COMPLEXITY_COST, q.ROW_COUNT
order by q.SENT_AT, q.REQUEST_ID
