-- The batches to report on: the last one that ended (of several at once the largest), the one named, or all of a run.
{% import "push/_macros.sql" as q with context %}
select {{ q.top(1) if by == "last" }}
    BATCH_ID, CUSTOMER_NAME, BATCH_TYPE, FILTERS, STATUS, RUN_ID, ITEMS_PLANNED, ITEMS_SUCCEEDED, ITEMS_FAILED,
    ITEMS_LEFT, SUBITEMS_PLANNED, SUBITEMS_SUCCEEDED, SUBITEMS_FAILED, SUBITEMS_LEFT, GROUPS_CREATED, STARTED_AT, RUN_STARTED_AT,
    PREFLIGHT_FINISHED_AT, GROUPS_FINISHED_AT, ITEMS_STARTED_AT, ITEMS_FINISHED_AT, SUBITEMS_STARTED_AT,
    SUBITEMS_FINISHED_AT, FINISHED_AT, STARTED_BY, ERROR_SUMMARY, CONFIG_SNAPSHOT
from {{ table("MON_BatchProcessing") }}
{% if by == "last" %}
order by
    case when FINISHED_AT is null then 1 else 0 end,
    FINISHED_AT desc,
    STARTED_AT desc,
    ITEMS_PLANNED + SUBITEMS_PLANNED desc,
    BATCH_ID
{{ q.limit(1) }}
{% else %}
where {{ "RUN_ID" if by == "run" else "BATCH_ID" }} = ?
order by ITEMS_FAILED + SUBITEMS_FAILED desc, ITEMS_PLANNED + SUBITEMS_PLANNED desc, BATCH_ID
{% endif %}
