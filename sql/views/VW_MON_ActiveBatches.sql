-- What runs now, or ended within 24 hours.
{% set now = "(now() at time zone 'UTC')" if duckdb else "sysutcdatetime()" %}
{% if duckdb %}create or replace view{% else %}create view{% endif %} {{ target }} as
select
    BATCH_ID,
    CUSTOMER_NAME,
    BATCH_TYPE,
    STATUS,
    STARTED_AT as START_TIME,
{% if duckdb %}
    date_diff('second', STARTED_AT, coalesce(FINISHED_AT, {{ now }})) as DURATION_SECONDS,
{% else %}
    datediff(second, STARTED_AT, coalesce(FINISHED_AT, {{ now }})) as DURATION_SECONDS,
{% endif %}
    ITEMS_PLANNED + SUBITEMS_PLANNED as TOTAL_RECORDS,
    ITEMS_SUCCEEDED + SUBITEMS_SUCCEEDED as SUCCESSFUL_RECORDS,
    ITEMS_FAILED + SUBITEMS_FAILED as FAILED_RECORDS,
    cast(
        case
            when ITEMS_PLANNED + SUBITEMS_PLANNED = 0 then 100.0
            else 100.0 * (ITEMS_SUCCEEDED + SUBITEMS_SUCCEEDED) / (ITEMS_PLANNED + SUBITEMS_PLANNED)
        end as decimal(5, 2)
    ) as SUCCESS_PERCENTAGE,
    ERROR_SUMMARY
from {{ table('MON_BatchProcessing') }}
where FINISHED_AT is null or FINISHED_AT >= {% if duckdb %}{{ now }} - interval 24 hours{% else %}dateadd(hour, -24, {{ now }}){% endif %}

