-- The board column that holds a staged column, as last seen: a column re-created under a new id starts empty.
create table {{ target }} (
    BOARD_ID {{ bigint }} not null, STAGED_COLUMN {{ key(200) }} not null, COLUMN_ID {{ short(255) }} not null,
    COLUMN_TYPE {{ short(40) }} not null, COLUMN_TITLE {{ short(255) }} null, SEEN_AT {{ time }} not null,
    constraint {{ quoted('PK_' ~ name) }} primary key (BOARD_ID, STAGED_COLUMN)
)
