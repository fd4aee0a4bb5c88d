{% import "_macros.sql" as q %}

{% macro batches() %}{# Batches that run, or ended within 24 hours, newest first. #}
select * from {{ table("VW_MON_ActiveBatches") }} order by START_TIME desc, BATCH_ID
{% endmacro %}

{% macro cells() %}{# Cells that were left blank, by column. #}
select LEVEL_NAME, COLUMN_NAME, count(*) as CELLS, sum(IS_DUE) as CELLS_DUE, min(ERROR_MESSAGE) as EXAMPLE,
    count(distinct ERROR_CODE) as REASONS
from (
{% for level, name in [("ITEM", "orders"), ("SUBITEM", "sizes")] %}
    select '{{ name }}' as LEVEL_NAME, COLUMN_NAME, ERROR_CODE, ERROR_MESSAGE,
        case when NEXT_RETRY_AT is null then 0 else 1 end as IS_DUE
    from {{ q.errors(level) }}
    where RESOLVED_AT is null and ERROR_CLASS = 'CELL'
    {{ "union all" if not loop.last }}
{% endfor %}
) as left_out
group by LEVEL_NAME, COLUMN_NAME
order by LEVEL_NAME, COLUMN_NAME
{% endmacro %}

{% macro error_classes() %}{# Open errors by class, and how many rows they hold back. #}
{% for level, name, key in [("orders", "ERR_MON_CustMasterSchedule", "ORDER_KEY"), ("sizes", "ERR_MON_CustMasterSchedule_Subitems", "concat(ORDER_KEY, '|', SIZE_LABEL)")] %}
select '{{ level }}' as LEVEL_NAME, ERROR_CLASS, count(distinct {{ key }}) as ROWS_OPEN,
    count(distinct case when ERROR_CLASS <> 'CELL' and (RETRYABLE = {{ 'false' if duckdb else '0' }} or MAX_RETRIES_REACHED = {{ 'true' if duckdb else '1' }}) then {{ key }} end) as ROWS_HELD
from {{ table(name) }}
where RESOLVED_AT is null
group by ERROR_CLASS
{{ "union all" if not loop.last }}
{% endfor %}
{% endmacro %}

{% macro last_errors() %}{# The ten newest open errors. #}
select {{ q.top(10) }}ORDER_KEY, SIZE_LABEL, ERROR_CLASS, ERROR_CODE, ERROR_MESSAGE, ATTEMPT, CREATED_AT
from (
    select ORDER_KEY, cast(null as {{ short(100) }}) as SIZE_LABEL, ERROR_CLASS, ERROR_CODE, ERROR_MESSAGE, ATTEMPT, CREATED_AT
    from {{ table("ERR_MON_CustMasterSchedule") }}
    where RESOLVED_AT is null and ERROR_CLASS <> 'CELL'
    union all
    select ORDER_KEY, SIZE_LABEL, ERROR_CLASS, ERROR_CODE, ERROR_MESSAGE, ATTEMPT, CREATED_AT
    from {{ table("ERR_MON_CustMasterSchedule_Subitems") }}
    where RESOLVED_AT is null and ERROR_CLASS <> 'CELL'
) as open_errors
order by CREATED_AT desc, ORDER_KEY, SIZE_LABEL
{{ q.limit(10) }}
{% endmacro %}

{# The last ten batches, newest first; one without an end whose lease is over was abandoned. #}
{% macro last_batches() %}
select {{ q.top(10) }}BATCH_ID, CUSTOMER_NAME,
    case when FINISHED_AT is null and LEASE_UNTIL < ? then 'ABANDONED' else STATUS end as STATUS,
    coalesce(RUN_STARTED_AT, STARTED_AT) as BEGAN_AT, FINISHED_AT,
    ITEMS_SUCCEEDED, SUBITEMS_SUCCEEDED, ITEMS_FAILED + SUBITEMS_FAILED as FAILED, ITEMS_LEFT + SUBITEMS_LEFT as ROWS_LEFT
from {{ table("MON_BatchProcessing") }}
order by coalesce(RUN_STARTED_AT, STARTED_AT) desc, BATCH_ID
{{ q.limit(10) }}
{% endmacro %}

{# The last run that got something through. #}
{% macro last_push() %}
select {{ q.top(1) }}RUN_ID, max(FINISHED_AT) as ENDED_AT, sum(ITEMS_SUCCEEDED) as ORDERS, sum(SUBITEMS_SUCCEEDED) as SIZES
from {{ table("MON_BatchProcessing") }}
where FINISHED_AT is not null and ITEMS_SUCCEEDED + SUBITEMS_SUCCEEDED > 0
group by RUN_ID
order by max(FINISHED_AT) desc, RUN_ID
{{ q.limit(1) }}
{% endmacro %}

{# Runs at work: what they planned, how far their requests are, when they last recorded or ended one. #}
{% macro runs() %}
select b.RUN_ID, min(b.STARTED_BY) as STARTED_BY, min(coalesce(b.RUN_STARTED_AT, b.STARTED_AT)) as BEGAN_AT,
    count(*) as BATCHES, sum(b.ITEMS_PLANNED + b.SUBITEMS_PLANNED) as PLANNED,
    (
        select count(*)
        from {{ table("MON_ApiRequestRows") }} as r
        inner join {{ table("MON_ApiRequests") }} as q on q.REQUEST_ID = r.REQUEST_ID
        where q.RUN_ID = b.RUN_ID and r.LEVEL in ('ITEM', 'SUBITEM') and r.OUTCOME in ('OK', 'ADOPTED')
    ) as DONE,
    (
        select max(coalesce(q.FINISHED_AT, q.SENT_AT, q.RECORDED_AT))
        from {{ table("MON_ApiRequests") }} as q
        where q.RUN_ID = b.RUN_ID
    ) as LIVED_AT
from {{ table("MON_BatchProcessing") }} as b
where b.FINISHED_AT is null and b.LEASE_UNTIL >= ?
group by b.RUN_ID
order by min(b.STARTED_AT), b.RUN_ID
{% endmacro %}

{% macro pushed_batch() %}{# A batch that was pushed before, or has an error on record. #}
select 1 as KNOWN where exists (select 1 from {{ table("MON_BatchProcessing") }} where BATCH_ID = ?)
    or exists (select 1 from {{ table("ERR_MON_CustMasterSchedule") }} where BATCH_ID = ?)
    or exists (select 1 from {{ table("ERR_MON_CustMasterSchedule_Subitems") }} where BATCH_ID = ?)
{% endmacro %}

{# Closes the open errors that hold rows back, so that the next build stages the rows. #}
{% macro retry(filters, level) %}
update {{ q.errors(level) }}
set RESOLVED_AT = ?, RESOLVED_BY = 'retry'
where RESOLVED_AT is null and ERROR_CLASS <> 'CELL'
{% if "batch" in filters %}    and BATCH_ID = ?
{% endif %}
{% if "customer" in filters %}    and {{ q.bin("upper(BATCH_CUSTOMER)") }} = upper(?)
{% endif %}
{% endmacro %}
