-- A request of no row of ours, recorded and not sent: the next push takes it over at once and sends it.
insert into {{ table("MON_ApiRequests") }}
    (REQUEST_ID, RUN_ID, OPERATION, BODY, ROW_COUNT, WORKER, LEASE_UNTIL, ATTEMPTS, RECORDED_AT)
values (?, ?, ?, ?, 0, 'audit', ?, 0, ?)
