-- One request to Monday, recorded before it is sent; its id is the idempotency key.
create table {{ target }} (
    REQUEST_ID {{ key(36) }} not null, RUN_ID {{ short(36) }} not null, BATCH_ID {{ short(64) }} null,
    OPERATION {{ short(30) }} not null, BODY {{ text }} not null, ROW_COUNT {{ integer }} not null,
    WORKER {{ short(100) }} not null, LEASE_UNTIL {{ time }} not null, ATTEMPTS {{ integer }} not null,
    RECORDED_AT {{ time }} not null, SENT_AT {{ time }} null, FINISHED_AT {{ time }} null,
    HTTP_STATUS {{ integer }} null, OUTCOME {{ short(20) }} null, STATE {{ short(10) }} null, DUE_AT {{ time }} null,
    MONDAY_REQUEST_ID {{ short(100) }} null, COMPLEXITY_COST {{ bigint }} null,
    constraint {{ quoted('PK_' ~ name) }} primary key (REQUEST_ID)
)
