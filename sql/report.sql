{% import "_macros.sql" as q %}

{# What the statements of the report share. #}

{% macro _shown(column, by) -%}{# Rows of the batch, or of every batch that the run worked on last; one parameter. #}
{% if by == "run" -%}
{{ q.bin(column) }} in (select b.BATCH_ID from {{ table("MON_BatchProcessing") }} as b where b.RUN_ID = ?)
{%- else -%}
{{ column }} = ?
{%- endif %}
{%- endmacro %}

{% macro _json_text(column, path) -%}{# A short value inside a JSON text; null where it isn't there. #}
{{ "json_extract_string" if duckdb else "json_value" }}({{ column }}, '$.{{ path }}')
{%- endmacro %}

{# The batches to report on: the last one that ended (of several at once the largest), the one named, or all of a run. #}
{% macro batches(by) %}
select {{ q.top(1) if by == "last" }}
    BATCH_ID, CUSTOMER_NAME, BATCH_TYPE, FILTERS, STATUS, RUN_ID, ITEMS_PLANNED, ITEMS_SUCCEEDED, ITEMS_FAILED,
    ITEMS_LEFT, SUBITEMS_PLANNED, SUBITEMS_SUCCEEDED, SUBITEMS_FAILED, SUBITEMS_LEFT, GROUPS_CREATED, STARTED_AT, RUN_STARTED_AT,
    PREFLIGHT_FINISHED_AT, GROUPS_FINISHED_AT, ITEMS_STARTED_AT, ITEMS_FINISHED_AT, SUBITEMS_STARTED_AT,
    SUBITEMS_FINISHED_AT, FINISHED_AT, STARTED_BY, ERROR_SUMMARY, CONFIG_SNAPSHOT
from {{ table("MON_BatchProcessing") }}
{% if by == "last" %}
order by
    case when FINISHED_AT is null then 1 else 0 end,
    FINISHED_AT desc, STARTED_AT desc, ITEMS_PLANNED + SUBITEMS_PLANNED desc, BATCH_ID
{{ q.limit(1) }}
{% else %}
where {{ "RUN_ID" if by == "run" else "BATCH_ID" }} = ?
order by ITEMS_FAILED + SUBITEMS_FAILED desc, ITEMS_PLANNED + SUBITEMS_PLANNED desc, BATCH_ID
{% endif %}
{% endmacro %}

{# Requests sent between two moments, repetitions counted: what they took of the daily quota. #}
{% macro calls_between() %}
select coalesce(sum(ATTEMPTS), 0) as CALLS
from {{ table("MON_ApiRequests") }}
where SENT_AT >= ? and SENT_AT < ?
{% endmacro %}

{% macro cells(by) %}{# Cells that were left blank, by batch and column. #}
select BATCH_ID, LEVEL, COLUMN_NAME, ERROR_CODE, count(*) as CELLS,
    sum(case when RESOLVED_AT is null then 0 else 1 end) as CELLS_MENDED, min(ERROR_MESSAGE) as ERROR_MESSAGE
from (
{% for level in ["ITEM", "SUBITEM"] %}
    select '{{ level }}' as LEVEL, BATCH_ID, COLUMN_NAME, ERROR_CODE, ERROR_MESSAGE, RESOLVED_AT
    from {{ q.errors(level) }}
    where {{ _shown("BATCH_ID", by) }} and ERROR_CLASS = 'CELL'
    {{ "union all" if not loop.last }}
{% endfor %}
) as left_out
group by BATCH_ID, LEVEL, COLUMN_NAME, ERROR_CODE
order by BATCH_ID, LEVEL, COLUMN_NAME, ERROR_CODE
{% endmacro %}

{# What reached the board, by group and kind of change. An order that was changed and moved is UPDATE_AND_MOVE. #}
{% macro changes(by) %}
with carried as (
    select r.BATCH_ID,
        r.LEVEL, coalesce({{ _json_text("r.ROW_VALUES", "GROUP_NAME") }}, m.GROUP_NAME) as GROUP_NAME, r.CHANGE_TYPE as KIND
    from {{ table("MON_ApiRequestRows") }} as r
    left join {{ table("MON_CustMasterSchedule") }} as m on m.ORDER_KEY = {{ q.bin("r.ORDER_KEY") }}
    where r.OUTCOME in ('OK', 'ADOPTED') and r.LEVEL in ('ITEM', 'SUBITEM') and {{ _shown("r.BATCH_ID", by) }}
)

select BATCH_ID, GROUP_NAME, LEVEL, KIND, count(*) as ROWS_DONE
from carried
group by BATCH_ID, GROUP_NAME, LEVEL, KIND
order by GROUP_NAME, LEVEL, KIND
{% endmacro %}

{# Failed attempts, the newest first, at most {{ most }} of a batch; FATE says whether the row comes back. #}
{% macro failures(by, most, reasons) %}
{% set yes, no = ("true", "false") if duckdb else ("1", "0") %}
with attempts as (
{% for level, name in [("ITEM", "ERR_MON_CustMasterSchedule"), ("SUBITEM", "ERR_MON_CustMasterSchedule_Subitems")] %}
    select '{{ level }}' as LEVEL,
        BATCH_ID, ERR_ID, REQUEST_ID, ORDER_KEY,
        {{ "SIZE_LABEL" if level == "SUBITEM" else "cast(null as " ~ short(100) ~ ")" }} as SIZE_LABEL,
        GROUP_NAME, CHANGE_TYPE, STAGE, ERROR_CLASS, ERROR_CODE, ERROR_MESSAGE, HTTP_STATUS, ATTEMPT, CREATED_AT,
        RESOLVED_AT, RESOLVED_BY,
        case
            when RESOLVED_BY = 'retry' then 'DUE'
            when RESOLVED_AT is not null then 'RESOLVED'
            when RETRYABLE = {{ no }} then 'HELD'
            when MAX_RETRIES_REACHED = {{ yes }} then 'DEAD_LETTERED'
            else 'COMES_BACK'
        end as FATE
    from {{ table(name) }}
    where {{ _shown("BATCH_ID", by) }} and ERROR_CLASS <> 'CELL'
{{ "    union all" if not loop.last }}
{% endfor %}
),

numbered as (
    select attempts.*,
        row_number() over (partition by BATCH_ID order by CREATED_AT desc, ORDER_KEY, SIZE_LABEL, ERR_ID) as NTH
    from attempts
)

{% if reasons %}
select BATCH_ID, LEVEL, ERROR_CLASS, ERROR_CODE, FATE,
    count(*) as ATTEMPTS, count(distinct concat(ORDER_KEY, '|', SIZE_LABEL)) as ROWS_FAILED,
    max(case when NTH = FIRST_NTH then ERROR_MESSAGE end) as ERROR_MESSAGE
from (
    select numbered.*,
        min(NTH) over (partition by BATCH_ID, LEVEL, ERROR_CLASS, ERROR_CODE, FATE) as FIRST_NTH
    from numbered
) as reasons
group by BATCH_ID, LEVEL, ERROR_CLASS, ERROR_CODE, FATE
order by count(*) desc, LEVEL, ERROR_CLASS, ERROR_CODE, FATE
{% else %}
select n.*, q.MONDAY_REQUEST_ID, m.MONDAY_ITEM_ID,
    (
        select max(b.ADDRESS) from {{ table("MON_BoardItems") }} as b where b.ITEM_ID = m.MONDAY_ITEM_ID
    ) as ADDRESS
from numbered as n
left join {{ table("MON_ApiRequests") }} as q on q.REQUEST_ID = n.REQUEST_ID
left join {{ table("MON_CustMasterSchedule") }} as m on m.ORDER_KEY = n.ORDER_KEY
where n.NTH <= {{ most }}
order by n.NTH
{% endif %}
{% endmacro %}

{# The requests that carried rows of the batches, with what became of those rows; of a run also those without rows. #}
{% macro requests(by) %}
select
    r.BATCH_ID, q.REQUEST_ID, q.RUN_ID, q.OPERATION, q.RECORDED_AT, q.SENT_AT, q.FINISHED_AT, q.HTTP_STATUS, q.OUTCOME,
    q.ATTEMPTS, q.COMPLEXITY_COST, q.ROW_COUNT, count(r.ALIAS) as ROWS_CARRIED,
{% for name, condition in {"DONE": "= 'OK'", "ADOPTED": "= 'ADOPTED'", "GONE": "= 'GONE'", "RELEASED": "= 'RELEASED'", "FAILED": "not in ('OK', 'ADOPTED', 'GONE', 'RELEASED')"}.items() %}
    sum(case when r.LEVEL in ('ITEM', 'SUBITEM') and r.OUTCOME {{ condition }} then 1 else 0 end) as ROWS_{{ name }}{{ "," if not loop.last }}
{% endfor %}
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
{% endmacro %}
