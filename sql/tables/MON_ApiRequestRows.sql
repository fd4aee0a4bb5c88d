-- One row in a request, with the staged values it carried, so that a lost answer can be confirmed later.
create table {{ target }} (
    REQUEST_ID {{ key(36) }} not null, ALIAS {{ key(10) }} not null, LEVEL {{ short(10) }} not null,
    ROW_KEY {{ short(400) }} not null, ORDER_KEY {{ short(255) }} null, SIZE_LABEL {{ short(100) }} null,
    BATCH_ID {{ short(64) }} null, CHANGE_TYPE {{ short(20) }} not null, ROW_HASH {{ short(64) }} null,
    ROW_VALUES {{ text }} null, OUTCOME {{ short(20) }} null, MONDAY_ID {{ short(255) }} null,
    constraint {{ quoted('PK_' ~ name) }} primary key (REQUEST_ID, ALIAS)
)
