-- Requests without an outcome: of dead runs, or of live ones (lease not over).
select REQUEST_ID, RUN_ID, BATCH_ID, OPERATION, BODY, ROW_COUNT, WORKER, LEASE_UNTIL, ATTEMPTS, RECORDED_AT, SENT_AT
from {{ table("MON_ApiRequests") }}
where OUTCOME is null
order by RECORDED_AT, REQUEST_ID
