-- One confirmed size of an order.
create table {{ target }} (
    ORDER_KEY {{ key(255) }} not null, SIZE_LABEL {{ key(100) }} not null, ORDER_QTY {{ bigint }} null,
    MONDAY_SUBITEM_ID {{ bigint }} null, MONDAY_PARENT_ITEM_ID {{ bigint }} null,
    MONDAY_SUBITEM_BOARD_ID {{ bigint }} null, BATCH_ID {{ short(64) }} null, FIRST_PUSHED_AT {{ time }} null,
    LAST_PUSHED_AT {{ time }} null,
    constraint {{ quoted('PK_' ~ name) }} primary key (ORDER_KEY, SIZE_LABEL)
)
