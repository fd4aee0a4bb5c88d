-- One claimed row. The primary key is the lock: a row has at most one open claim.
create table {{ target }} (
    LEVEL {{ key(10) }} not null, ROW_KEY {{ key(400) }} not null, REQUEST_ID {{ key(36) }} not null,
    WORKER {{ short(100) }} not null, LEASE_UNTIL {{ time }} not null,
    constraint {{ quoted('PK_' ~ name) }} primary key (LEVEL, ROW_KEY)
)
