-- One group of the board, as last seen.
create table {{ target }} (
    BOARD_ID {{ bigint }} not null, GROUP_ID {{ key(255) }} not null, GROUP_TITLE {{ short(255) }} null,
    FIRST_SEEN_AT {{ time }} not null, LAST_SEEN_AT {{ time }} not null, IS_PRESENT {{ flag }} not null,
    constraint {{ quoted('PK_' ~ name) }} primary key (BOARD_ID, GROUP_ID)
)
