-- What earlier runs wrote of a batch that is pushed again. Rows that failed for good count as failed; the others are
-- planned once more. What a dead run had not saved of its counters is read from the ledger.
{% import "push/_macros.sql" as q with context %}
select
    {{ q.greater("b.ITEMS_SUCCEEDED", q.came_through("ITEM")) }} as ITEMS_SUCCEEDED,
    {{ q.greater("b.SUBITEMS_SUCCEEDED", q.came_through("SUBITEM")) }} as SUBITEMS_SUCCEEDED,
    b.ITEMS_LEFT, b.SUBITEMS_LEFT,
    b.GROUPS_CREATED, b.CELLS_LEFT_OUT, b.API_CALLS, b.API_RETRIES, b.COMPLEXITY_USED,
    (
        select count(distinct e.ORDER_KEY)
        from {{ table("ERR_MON_CustMasterSchedule") }} as e
        where e.BATCH_ID = ? and e.RESOLVED_AT is null
            and {{ q.holds_back("e") }}
    ) as ITEMS_FAILED,
    (
        select count(distinct concat(e.ORDER_KEY, '|', e.SIZE_LABEL))
        from {{ table("ERR_MON_CustMasterSchedule_Subitems") }} as e
        where e.BATCH_ID = ? and e.RESOLVED_AT is null
            and {{ q.holds_back("e") }}
    ) as SUBITEMS_FAILED
from {{ table("MON_BatchProcessing") }} as b
where b.BATCH_ID = ?
