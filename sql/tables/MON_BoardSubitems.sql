-- One subitem as pulled, its cells as text; columns that aren't ours under their titles in OTHER_CELLS.
create table {{ target }} (
    PULL_ID {{ key(36) }} not null, SUBITEM_ID {{ bigint }} not null, ITEM_ID {{ bigint }} not null,
    BOARD_ID {{ bigint }} null, STATE {{ short(40) }} not null, SUBITEM_NAME {{ text }} null,
    SIZE_LABEL {{ key(100) }} null, ORDER_QTY {{ text }} null, ADDRESS {{ text }} null, CREATED_AT {{ time }} null,
    UPDATED_AT {{ time }} null, OTHER_CELLS {{ text }} null,
    constraint {{ quoted('PK_' ~ name) }} primary key (PULL_ID, SUBITEM_ID)
)
