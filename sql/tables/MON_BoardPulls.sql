-- One reading of the board by `python -m sync pull`; it counts once FINISHED_AT is set. PULL_NUMBER says which began
-- later, whatever the clocks say; null in rows of an earlier version.
create table {{ target }} (
    PULL_ID {{ key(36) }} not null, BOARD_ID {{ bigint }} not null, SUBITEM_BOARD_ID {{ bigint }} null,
    FILTERS {{ text }} null, COLUMN_TYPES {{ text }} not null, CONFIRMED_UNTIL {{ time }} null,
    PULL_NUMBER {{ bigint }} null, STARTED_AT {{ time }} not null, FINISHED_AT {{ time }} null,
    ITEMS {{ bigint }} null, SUBITEMS {{ bigint }} null, API_CALLS {{ bigint }} null, COMPLEXITY_USED {{ bigint }} null,
    constraint {{ quoted('PK_' ~ name) }} primary key (PULL_ID)
)
