-- What runs now, or ended within 24 hours. A batch whose run ended without a word is ABANDONED once its lease is over,
-- and lasted until that run's last sign of life.
{% set now = "(now() at time zone 'UTC')" if duckdb else "sysutcdatetime()" %}
create view {{ target }} as
select BATCH_ID, CUSTOMER_NAME, BATCH_TYPE,
    case when FINISHED_AT is null and LEASE_UNTIL < {{ now }} then 'ABANDONED' else STATUS end as STATUS,
    STARTED_AT as START_TIME,
    cast(coalesce(EARLIER_SECONDS, 0) + {{ q.seconds(
        "coalesce(RUN_STARTED_AT, STARTED_AT)",
        "coalesce(FINISHED_AT, case when LEASE_UNTIL < " ~ now ~ " then " ~ q.last_lived() ~ " else " ~ now ~ " end)"
    ) }} as bigint) as DURATION_SECONDS,
    ITEMS_PLANNED + SUBITEMS_PLANNED as TOTAL_RECORDS,
    ITEMS_SUCCEEDED + SUBITEMS_SUCCEEDED as SUCCESSFUL_RECORDS,
    ITEMS_FAILED + SUBITEMS_FAILED as FAILED_RECORDS,
    cast(case
        when ITEMS_PLANNED + SUBITEMS_PLANNED = 0 then 100.0
        else 100.0 * (ITEMS_SUCCEEDED + SUBITEMS_SUCCEEDED) / (ITEMS_PLANNED + SUBITEMS_PLANNED)
    end as decimal(5, 2)) as SUCCESS_PERCENTAGE,
    ERROR_SUMMARY
from {{ _batches }} as b
where FINISHED_AT is null
    or FINISHED_AT >= {{ now ~ " - interval 24 hours" if duckdb else "dateadd(hour, -24, " ~ now ~ ")" }}
