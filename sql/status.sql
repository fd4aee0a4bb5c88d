-- batches(): Batches that run, or ended within 24 hours, newest first.
select * from {{ table("VW_MON_ActiveBatches") }} order by START_TIME desc, BATCH_ID

-- cells_by_column(): Cells that were left blank, by column.
select LEVEL_NAME, COLUMN_NAME, count(*) as CELLS, count(NEXT_RETRY_AT) as CELLS_DUE, min(ERROR_MESSAGE) as EXAMPLE,
    count(distinct ERROR_CODE) as REASONS
from {{ q.all_errors() }} where RESOLVED_AT is null and ERROR_CLASS = 'CELL'
group by LEVEL_NAME, COLUMN_NAME order by LEVEL_NAME, COLUMN_NAME

-- errors_by_class(): Open errors by class, and how many rows they hold back.
select e.LEVEL_NAME, e.ERROR_CLASS, count(distinct concat(e.ORDER_KEY, '|', e.SIZE_LABEL)) as ROWS_OPEN,
    count(distinct case when {{ q.holds_back("e") }} then concat(e.ORDER_KEY, '|', e.SIZE_LABEL) end) as ROWS_HELD
from {{ q.all_errors() }} where e.RESOLVED_AT is null
group by e.LEVEL_NAME, e.ERROR_CLASS

-- last_errors(): The ten newest open errors.
select ORDER_KEY, SIZE_LABEL, ERROR_CLASS, ERROR_CODE, ERROR_MESSAGE, ATTEMPT, CREATED_AT
from {{ q.all_errors() }} where RESOLVED_AT is null and ERROR_CLASS <> 'CELL'
order by CREATED_AT desc, ORDER_KEY, SIZE_LABEL {{ q.limit(10) }}

-- last_batches(alone): The last ten batches, newest first; without an end, abandoned where the lease is over or we are
-- alone.
select BATCH_ID, CUSTOMER_NAME,
    case when FINISHED_AT is null and (LEASE_UNTIL < ?{{ " or 1 = 1" if alone }}) then 'ABANDONED' else STATUS end
        as STATUS,
    coalesce(RUN_STARTED_AT, STARTED_AT) as BEGAN_AT, FINISHED_AT, ITEMS_SUCCEEDED, SUBITEMS_SUCCEEDED,
    ITEMS_FAILED + SUBITEMS_FAILED as FAILED, ITEMS_LEFT + SUBITEMS_LEFT as ROWS_LEFT
from {{ _batches }}
order by coalesce(RUN_STARTED_AT, STARTED_AT) desc, BATCH_ID {{ q.limit(10) }}

-- last_push(): The last run that got something through. A batch counts over its runs, a request belongs to one.
select q.RUN_ID, max(q.FINISHED_AT) as ENDED_AT,
    count(distinct case when r.LEVEL = 'ITEM' then r.ROW_KEY end) as ORDERS,
    count(distinct case when r.LEVEL = 'SUBITEM' then r.ROW_KEY end) as SIZES
from {{ _rows }} as r
inner join {{ _requests }} as q on q.REQUEST_ID = r.REQUEST_ID
where r.LEVEL in ('ITEM', 'SUBITEM') and r.OUTCOME in ('OK', 'ADOPTED') and q.FINISHED_AT is not null
group by q.RUN_ID order by max(q.FINISHED_AT) desc, q.RUN_ID {{ q.limit(1) }}

-- was_full(): A row where the last run that ended had no room for all of its orders.
select 1 as WAS_FULL where {{ q.was_full() }}

-- runs(): Runs at work: what they planned, how far their requests are, when they last recorded or ended one.
select b.RUN_ID, min(b.STARTED_BY) as STARTED_BY, min(coalesce(b.RUN_STARTED_AT, b.STARTED_AT)) as BEGAN_AT,
    count(*) as BATCHES, sum(b.ITEMS_PLANNED + b.SUBITEMS_PLANNED) as PLANNED,
    (
        select count(*) from {{ _rows }} as r inner join {{ _requests }} as q on q.REQUEST_ID = r.REQUEST_ID
        where q.RUN_ID = b.RUN_ID and r.LEVEL in ('ITEM', 'SUBITEM') and r.OUTCOME in ('OK', 'ADOPTED')
    ) as DONE,
    (
        select max(coalesce(q.FINISHED_AT, q.SENT_AT, q.RECORDED_AT)) from {{ _requests }} as q
        where q.RUN_ID = b.RUN_ID
    ) as LIVED_AT
from {{ _batches }} as b where b.FINISHED_AT is null and b.LEASE_UNTIL >= ?
group by b.RUN_ID order by min(b.STARTED_AT), b.RUN_ID

-- pushed_batch(): A batch that was pushed before, or has an error on record; its id comes twice.
select 1 as KNOWN from {{ _batches }} where BATCH_ID = ?
union
select 1 from {{ q.all_errors() }} where BATCH_ID = ?

-- retry(filters, level): Closes the open errors that hold rows back, so that the next build stages the rows.
update {{ q.errors(level) }} set RESOLVED_AT = ?, RESOLVED_BY = 'retry'
where RESOLVED_AT is null and ERROR_CLASS <> 'CELL' {{ q.of_filters(filters) }}
