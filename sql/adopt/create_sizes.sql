-- The subitems of the board that stand for a size.
{% import "adopt/_macros.sql" as a with context %}
create {{ "temporary " if duckdb }}table {{ a.temp("ADOPT_SIZES") }} (
    SUBITEM_ID {{ bigint }} not null,
    ITEM_ID {{ bigint }} not null,
    BOARD_ID {{ bigint }} null,
    LABEL {{ key(100) }} not null,
    QTY {{ bigint }} null,
    IS_LABELLED {{ integer }} not null
)
