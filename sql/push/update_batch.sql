-- Writes state and counters of a batch; of one that this run works on also whose it is, and its times. What earlier runs
-- worked on it is kept in seconds, so that the time between two runs counts for none of them.
{% import "push/_macros.sql" as q with context %}
update {{ table("MON_BatchProcessing") }}
set STATUS = ?,
    ITEMS_PLANNED = ?, ITEMS_SUCCEEDED = ?, ITEMS_FAILED = ?, ITEMS_LEFT = ?,
    SUBITEMS_PLANNED = ?, SUBITEMS_SUCCEEDED = ?, SUBITEMS_FAILED = ?, SUBITEMS_LEFT = ?,
    GROUPS_CREATED = ?, CELLS_LEFT_OUT = ?, API_CALLS = ?, API_RETRIES = ?, COMPLEXITY_USED = ?,
    ERROR_SUMMARY = ?
{% if ours %},
    EARLIER_SECONDS = case
        when RUN_ID = ? then EARLIER_SECONDS
        when RUN_ID <> '' then coalesce(EARLIER_SECONDS, 0) + {{ q.seconds("coalesce(RUN_STARTED_AT, STARTED_AT)", "coalesce(FINISHED_AT, RUN_STARTED_AT, STARTED_AT)") }}
    end,
    RUN_STARTED_AT = ?, RUN_ID = ?, LEASE_UNTIL = ?,
    PREFLIGHT_FINISHED_AT = ?, GROUPS_FINISHED_AT = ?, ITEMS_STARTED_AT = coalesce(ITEMS_STARTED_AT, ?), ITEMS_FINISHED_AT = coalesce(?, ITEMS_FINISHED_AT),
    SUBITEMS_STARTED_AT = coalesce(SUBITEMS_STARTED_AT, ?), SUBITEMS_FINISHED_AT = coalesce(?, SUBITEMS_FINISHED_AT),
    FINISHED_AT = ?
{% endif %}

where BATCH_ID = ?
