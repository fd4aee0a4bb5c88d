-- Which subitem stands for which size of an order.
{% import "adopt/_macros.sql" as a with context %}
create {{ "temporary " if duckdb }}table {{ a.temp("ADOPT_TAKEN_SIZES") }} (
    ORDER_KEY {{ key(255) }} not null,
    SIZE_LABEL {{ key(100) }} not null,
    SUBITEM_ID {{ bigint }} not null,
    ITEM_ID {{ bigint }} not null,
    BOARD_ID {{ bigint }} null,
    QTY {{ bigint }} null,
    TWINS {{ integer }} not null
)
