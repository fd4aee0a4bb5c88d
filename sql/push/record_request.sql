-- Records a request before it is sent.
insert into {{ table("MON_ApiRequests") }}
    (REQUEST_ID, RUN_ID, BATCH_ID, OPERATION, BODY, ROW_COUNT, WORKER, LEASE_UNTIL, ATTEMPTS, RECORDED_AT, SENT_AT)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
