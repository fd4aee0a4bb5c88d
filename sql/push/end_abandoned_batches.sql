-- Batches of dead runs end: no status leaves them looking active. A dead run may have saved its counters long before it
-- ended, so what came through is read from the ledger, and what failed from the error tables. They ended when they last
-- showed a sign of life, not when somebody noticed.
{% import "push/_macros.sql" as q with context %}
{% set batches = table("MON_BatchProcessing") %}
update {{ batches }}
set STATUS = case
        when t.ITEMS_PLANNED + t.SUBITEMS_PLANNED = 0 then 'NO_RECORDS'
        when t.ITEMS_SUCCEEDED + t.SUBITEMS_SUCCEEDED < 0.8 * (t.ITEMS_SUCCEEDED + t.SUBITEMS_SUCCEEDED + t.ITEMS_FAILED + t.SUBITEMS_FAILED)
            then 'FAILED'
        when t.ITEMS_SUCCEEDED + t.SUBITEMS_SUCCEEDED + t.ITEMS_FAILED + t.SUBITEMS_FAILED < t.ITEMS_PLANNED + t.SUBITEMS_PLANNED
            then 'ABANDONED'
        when t.ITEMS_FAILED + t.SUBITEMS_FAILED > 0 then 'COMPLETED_WITH_ERRORS'
        else 'COMPLETED'
    end,
    ITEMS_PLANNED = t.ITEMS_PLANNED, ITEMS_SUCCEEDED = t.ITEMS_SUCCEEDED, ITEMS_FAILED = t.ITEMS_FAILED,
    ITEMS_LEFT = t.ITEMS_PLANNED - t.ITEMS_SUCCEEDED - t.ITEMS_FAILED,
    SUBITEMS_PLANNED = t.SUBITEMS_PLANNED, SUBITEMS_SUCCEEDED = t.SUBITEMS_SUCCEEDED, SUBITEMS_FAILED = t.SUBITEMS_FAILED,
    SUBITEMS_LEFT = t.SUBITEMS_PLANNED - t.SUBITEMS_SUCCEEDED - t.SUBITEMS_FAILED,
    FINISHED_AT = t.LAST_LIVED,
    ERROR_SUMMARY = case
        when t.ITEMS_SUCCEEDED + t.SUBITEMS_SUCCEEDED < t.ITEMS_PLANNED + t.SUBITEMS_PLANNED
            then ?
    end
from (
    select
        n.BATCH_ID, n.LAST_LIVED, n.ITEMS_SUCCEEDED, n.ITEMS_FAILED, n.SUBITEMS_SUCCEEDED, n.SUBITEMS_FAILED,
        {{ q.greater("n.ITEMS_PLANNED", "n.ITEMS_SUCCEEDED + n.ITEMS_FAILED") }} as ITEMS_PLANNED,
        {{ q.greater("n.SUBITEMS_PLANNED", "n.SUBITEMS_SUCCEEDED + n.SUBITEMS_FAILED") }} as SUBITEMS_PLANNED
    from (
        select
            c.BATCH_ID, c.LAST_LIVED, c.ITEMS_PLANNED, c.SUBITEMS_PLANNED, c.ITEMS_FAILED, c.SUBITEMS_FAILED,
            {{ q.greater("c.ITEMS_SUCCEEDED", "c.ITEMS_CONFIRMED") }} as ITEMS_SUCCEEDED,
            {{ q.greater("c.SUBITEMS_SUCCEEDED", "c.SUBITEMS_CONFIRMED") }} as SUBITEMS_SUCCEEDED
        from (
            select
                b.BATCH_ID, b.ITEMS_PLANNED, b.ITEMS_SUCCEEDED, b.SUBITEMS_PLANNED, b.SUBITEMS_SUCCEEDED,
                {{ q.last_lived() }} as LAST_LIVED,
                {{ q.came_through("ITEM") }} as ITEMS_CONFIRMED,
                {{ q.came_through("SUBITEM") }} as SUBITEMS_CONFIRMED,
                (
                    select count(distinct e.ORDER_KEY)
                    from {{ table("ERR_MON_CustMasterSchedule") }} as e
                    where e.BATCH_ID = {{ q.bin("b.BATCH_ID") }} and e.RESOLVED_AT is null
                ) as ITEMS_FAILED,
                (
                    select count(distinct concat(e.ORDER_KEY, '|', e.SIZE_LABEL))
                    from {{ table("ERR_MON_CustMasterSchedule_Subitems") }} as e
                    where e.BATCH_ID = {{ q.bin("b.BATCH_ID") }} and e.RESOLVED_AT is null
                ) as SUBITEMS_FAILED
            from {{ batches }} as b
            where b.FINISHED_AT is null and b.RUN_ID <> ?{% if not sole_writer %} and b.LEASE_UNTIL < ?{% endif %}

        ) as c
    ) as n
) as t
where {{ batches }}.BATCH_ID = t.BATCH_ID
