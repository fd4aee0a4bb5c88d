-- Requests without an outcome: of dead runs, or of live ones (lease not over). ROWS_HELD: its orders and sizes.
select REQUEST_ID, RUN_ID, BATCH_ID, OPERATION, BODY, ROW_COUNT, WORKER, LEASE_UNTIL, ATTEMPTS, RECORDED_AT, SENT_AT,
    (
        select count(*)
        from {{ table("MON_ApiRequestRows") }} as r
        where r.REQUEST_ID = q.REQUEST_ID and r.LEVEL in ('ITEM', 'SUBITEM')
    ) as ROWS_HELD
from {{ table("MON_ApiRequests") }} as q
where OUTCOME is null
order by RECORDED_AT, REQUEST_ID
