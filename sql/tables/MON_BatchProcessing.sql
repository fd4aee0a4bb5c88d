-- One batch: one customer of one build, or one targeted selection.
create table {{ target }} (
    BATCH_ID {{ key(64) }} not null, CUSTOMER_NAME {{ short(255) }} null, BATCH_TYPE {{ short(20) }} not null,
    FILTERS {{ text }} null, STATUS {{ short(30) }} not null, RUN_ID {{ short(36) }} not null,
    LEASE_UNTIL {{ time }} null, ITEMS_PLANNED {{ bigint }} not null, ITEMS_SUCCEEDED {{ bigint }} not null,
    ITEMS_FAILED {{ bigint }} not null, ITEMS_LEFT {{ bigint }} not null, SUBITEMS_PLANNED {{ bigint }} not null,
    SUBITEMS_SUCCEEDED {{ bigint }} not null, SUBITEMS_FAILED {{ bigint }} not null,
    SUBITEMS_LEFT {{ bigint }} not null, GROUPS_CREATED {{ bigint }} not null, CELLS_LEFT_OUT {{ bigint }} null,
    API_CALLS {{ bigint }} not null, API_RETRIES {{ bigint }} not null, COMPLEXITY_USED {{ bigint }} not null,
    STARTED_AT {{ time }} not null, RUN_STARTED_AT {{ time }} null, EARLIER_SECONDS {{ seconds }} null,
    PREFLIGHT_FINISHED_AT {{ time }} null, GROUPS_FINISHED_AT {{ time }} null, ITEMS_STARTED_AT {{ time }} null,
    ITEMS_FINISHED_AT {{ time }} null, SUBITEMS_STARTED_AT {{ time }} null, SUBITEMS_FINISHED_AT {{ time }} null,
    FINISHED_AT {{ time }} null, STARTED_BY {{ short(255) }} null, ERROR_SUMMARY {{ text }} null,
    CONFIG_SNAPSHOT {{ text }} null,
    constraint {{ quoted('PK_' ~ name) }} primary key (BATCH_ID)
)
