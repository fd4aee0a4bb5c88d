-- Figures of a batch, or of every batch that a run worked on last: `by` says which, and is the one parameter.

-- _shown(column, by): What is of those batches.
{% set of_run = q.bin(column) ~ " in (select b.BATCH_ID from " ~ _batches ~ " as b where b.RUN_ID = ?)" %}
{{ of_run if by == "run" else column ~ " = ?" }}

-- batches(by): The batches to report on: the last that ended (of several the largest), the one named, or all of a run.
select b.*, coalesce(b.RUN_STARTED_AT, b.STARTED_AT) as BEGAN_AT,
    cast({{ q.seconds("coalesce(b.RUN_STARTED_AT, b.STARTED_AT)", "b.FINISHED_AT") }} as {{ seconds }}) as SECONDS
from {{ _batches }} as b
{% if by == "last" %}
order by case when b.FINISHED_AT is null then 1 else 0 end, b.FINISHED_AT desc, b.STARTED_AT desc,
    b.ITEMS_PLANNED + b.SUBITEMS_PLANNED desc, b.BATCH_ID
{{ q.limit(1) }}
{% else %}
where {{ "b.RUN_ID" if by == "run" else "b.BATCH_ID" }} = ?
order by b.ITEMS_FAILED + b.SUBITEMS_FAILED desc, b.ITEMS_PLANNED + b.SUBITEMS_PLANNED desc, b.BATCH_ID
{% endif %}

-- calls_between(): What the requests sent between two moments took of the daily quota, repetitions counted.
select coalesce(sum(ATTEMPTS), 0) as CALLS from {{ _requests }} where SENT_AT >= ? and SENT_AT < ?

-- cells(by): Cells that were left blank, by batch and column.
select BATCH_ID, LEVEL, COLUMN_NAME, ERROR_CODE, count(*) as CELLS,
    sum(case when RESOLVED_AT is null then 0 else 1 end) as CELLS_MENDED, min(ERROR_MESSAGE) as ERROR_MESSAGE
from {{ q.all_errors() }}
where {{ _shown("BATCH_ID", by) }} and ERROR_CLASS = 'CELL'
group by BATCH_ID, LEVEL, COLUMN_NAME, ERROR_CODE order by BATCH_ID, LEVEL, COLUMN_NAME, ERROR_CODE

-- changes(by): What reached the board, by group and kind, the fullest group first. Changed and moved counts as both.
{% set kinds = {
    "ITEMS_CREATED": ("ITEM", "'CREATE'"), "ITEMS_UPDATED": ("ITEM", "'UPDATE', 'UPDATE_AND_MOVE'"),
    "ITEMS_MOVED": ("ITEM", "'MOVE', 'UPDATE_AND_MOVE'"), "ITEMS_ARCHIVED": ("ITEM", "'ARCHIVE'"),
    "SUBITEMS_CREATED": ("SUBITEM", "'CREATE'"), "SUBITEMS_UPDATED": ("SUBITEM", "'UPDATE'"),
} %}
select d.BATCH_ID, d.GROUP_NAME,
{% for name, (level, changes) in kinds.items() %}
    sum(case when d.LEVEL = '{{ level }}' and d.CHANGE_TYPE in ({{ changes }}) then 1 else 0 end) as {{ name }},
{% endfor %}
    count(*) as ROWS_DONE
from (
    select r.BATCH_ID, r.LEVEL, r.CHANGE_TYPE, coalesce(
        {{ "json_extract_string" if duckdb else "json_value" }}(r.ROW_VALUES, '$.GROUP_NAME'), m.GROUP_NAME
    ) as GROUP_NAME
    from {{ _rows }} as r
    left join {{ _orders }} as m on {{ q.same(q.keys.ITEM, "m", "r") }}
    where r.OUTCOME in ('OK', 'ADOPTED') and r.LEVEL in ('ITEM', 'SUBITEM') and {{ _shown("r.BATCH_ID", by) }}
) as d
group by d.BATCH_ID, d.GROUP_NAME order by count(*) desc, d.GROUP_NAME

-- failures(by, most, reasons): Failed attempts, the newest first, at most `most` of a batch; or how many rows failed
-- for each reason. FATE says whether the row comes back.
with attempts as (
    select e.*,
        case
            when RESOLVED_BY = 'retry' then 'DUE'
            when RESOLVED_AT is not null then 'RESOLVED'
            when RETRYABLE = 0 then 'HELD'
            when MAX_RETRIES_REACHED = 1 then 'DEAD_LETTERED'
            else 'COMES_BACK'
        end as FATE,
        row_number() over (partition by BATCH_ID order by CREATED_AT desc, ORDER_KEY, SIZE_LABEL, ERR_ID) as NTH
    from {{ q.all_errors() }}
    where {{ _shown("BATCH_ID", by) }} and ERROR_CLASS <> 'CELL'
)
{% if reasons %}
select BATCH_ID, LEVEL, ERROR_CLASS, ERROR_CODE, FATE, min(ERROR_MESSAGE) as ERROR_MESSAGE,
    count(distinct concat(ORDER_KEY, '|', SIZE_LABEL)) as ROWS_FAILED
from attempts
group by BATCH_ID, LEVEL, ERROR_CLASS, ERROR_CODE, FATE order by count(*) desc, LEVEL, ERROR_CLASS, ERROR_CODE, FATE
{% else %}
select n.*, q.MONDAY_REQUEST_ID, m.MONDAY_ITEM_ID,
    (select max(b.ADDRESS) from {{ _items }} as b where b.ITEM_ID = m.MONDAY_ITEM_ID) as ADDRESS
from attempts as n
left join {{ _requests }} as q on {{ q.same(["REQUEST_ID"], "q", "n") }}
left join {{ _orders }} as m on m.ORDER_KEY = n.ORDER_KEY
where n.NTH <= {{ most }}
order by n.NTH
{% endif %}

-- requests(by, whole): The requests that carried rows of the batches, a row for each batch, with what became of its
-- rows; `whole`: each once, with the rows of all batches. A request that carried rows of several batches costs each of
-- them a call, and by its rows points. Of a run also those without rows.
{% set outcomes = {"DONE": "= 'OK'", "ADOPTED": "= 'ADOPTED'", "GONE": "= 'GONE'", "RELEASED": "= 'RELEASED'",
    "FAILED": "not in ('OK', 'ADOPTED', 'GONE', 'RELEASED')"} %}
{% set columns = ("" if whole else "r.BATCH_ID, ") ~ "q.REQUEST_ID, q.RUN_ID, q.OPERATION, q.RECORDED_AT, q.SENT_AT,
    q.FINISHED_AT, q.HTTP_STATUS, q.OUTCOME, q.ATTEMPTS, q.COMPLEXITY_COST, q.ROW_COUNT" %}
select c.*, c.ATTEMPTS as API_CALLS, case when c.ATTEMPTS > 1 then c.ATTEMPTS - 1 else 0 end as API_RETRIES,
    {{ "1.0" if whole else "1.0 * c.ROWS_CARRIED / nullif(c.ROW_COUNT, 0)" }} * coalesce(c.COMPLEXITY_COST, 0)
        as COMPLEXITY_USED
from (
    select {{ columns }}, count(r.ALIAS) as ROWS_CARRIED,
{% for name, condition in outcomes.items() %}
        sum(case when r.LEVEL in ('ITEM', 'SUBITEM') and r.OUTCOME {{ condition }} then 1 else 0 end)
            as ROWS_{{ name }}{{ "," if not loop.last }}
{% endfor %}
    from {{ _requests }} as q
    {{ "left" if by == "run" else "inner" }} join {{ _rows }} as r on q.REQUEST_ID = r.REQUEST_ID
    where {{ "q.RUN_ID" if by == "run" else "r.BATCH_ID" }} = ?
    group by {{ columns }}
) as c
order by c.SENT_AT, c.REQUEST_ID
