-- What earlier runs wrote of a batch that is pushed again. Rows that failed for good count as failed; the others are
-- planned once more.
select
    b.ITEMS_SUCCEEDED, b.SUBITEMS_SUCCEEDED, b.GROUPS_CREATED, b.API_CALLS, b.API_RETRIES, b.COMPLEXITY_USED,
    (
        select count(distinct e.ORDER_KEY)
        from {{ table("ERR_MON_CustMasterSchedule") }} as e
        where e.BATCH_ID = ? and e.RESOLVED_AT is null
            and (e.RETRYABLE = {{ 'false' if duckdb else '0' }} or e.MAX_RETRIES_REACHED = {{ 'true' if duckdb else '1' }})
    ) as ITEMS_FAILED,
    (
        select count(distinct concat(e.ORDER_KEY, '|', e.SIZE_LABEL))
        from {{ table("ERR_MON_CustMasterSchedule_Subitems") }} as e
        where e.BATCH_ID = ? and e.RESOLVED_AT is null
            and (e.RETRYABLE = {{ 'false' if duckdb else '0' }} or e.MAX_RETRIES_REACHED = {{ 'true' if duckdb else '1' }})
    ) as SUBITEMS_FAILED
from {{ table("MON_BatchProcessing") }} as b
where b.BATCH_ID = ?
