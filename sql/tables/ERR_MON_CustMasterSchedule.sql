-- A failed attempt at an order or a size, or a cell left blank (ERROR_CLASS CELL).
create table {{ target }} (
    ERR_ID {{ key(36) }} not null, ORDER_KEY {{ key(255) }} not null,
{% if "Subitems" in name %}
    SIZE_LABEL {{ key(100) }} not null, ORDER_QTY {{ bigint }} null, MONDAY_PARENT_ITEM_ID {{ bigint }} null,
{% endif %}
    BATCH_ID {{ short(64) }} null, BATCH_CUSTOMER {{ short(255) }} null, REQUEST_ID {{ short(36) }} null,
    ITEM_NAME {{ short(255) }} null, GROUP_NAME {{ short(255) }} null, CHANGE_TYPE {{ short(20) }} null,
    STAGE {{ short(20) }} null, ERROR_CLASS {{ short(40) }} null, ERROR_CODE {{ short(100) }} null,
    ERROR_MESSAGE {{ text }} null, COLUMN_NAME {{ short(255) }} null, COLUMN_ID {{ short(255) }} null,
    COLUMN_VALUE {{ text }} null, HTTP_STATUS {{ integer }} null, API_PAYLOAD {{ text }} null,
    ROW_HASH {{ short(64) }} null, MAPPING_HASH {{ short(64) }} null, ATTEMPT {{ integer }} not null,
    RETRYABLE {{ flag }} not null, NEXT_RETRY_AT {{ time }} null, MAX_RETRIES_REACHED {{ flag }} not null,
    CREATED_AT {{ time }} not null, RESOLVED_AT {{ time }} null, RESOLVED_BY {{ short(100) }} null,
    constraint {{ quoted('PK_' ~ name) }} primary key (ERR_ID)
)
