-- One confirmed order: the values that Monday last confirmed, and the ids it gave.
create table {{ target }} (
    ORDER_KEY {{ key(255) }} not null, ROW_HASH {{ short(64) }} null, ITEM_NAME {{ short(255) }} null,
    GROUP_NAME {{ short(255) }} null, BATCH_CUSTOMER {{ short(255) }} null, SOURCE_CUSTOMER {{ short(255) }} null,
{% for column, type, name in columns %}
    {{ column }} {{ type }} null,
{% endfor %}
    "TOTAL QTY" {{ integer }} null, MONDAY_ITEM_ID {{ bigint }} null, MONDAY_GROUP_ID {{ short(255) }} null,
    MONDAY_BOARD_ID {{ bigint }} null, BATCH_ID {{ short(64) }} null, FIRST_PUSHED_AT {{ time }} null,
    LAST_PUSHED_AT {{ time }} null, ARCHIVED_AT {{ time }} null,
    constraint {{ quoted('PK_' ~ name) }} primary key (ORDER_KEY)
)
