-- The items of the board, with what they are recognised by (N_ columns: as compared) and their cells as JSON.
{% import "adopt/_macros.sql" as a with context %}
create {{ "temporary " if duckdb }}table {{ a.temp("ADOPT_ITEMS") }} (
    ITEM_ID {{ bigint }} not null,
    ITEM_NAME {{ short(255) }} null,
    GROUP_ID {{ short(255) }} null,
    KEY_TEXT {{ text }} null,
    N_KEY {{ key(450) }} null,
    N_NUMBER {{ key(450) }} null,
    N_STYLE {{ key(450) }} null,
    N_COLOR {{ key(450) }} null,
    N_NAME {{ key(450) }} null,
    PO {{ key(450) }} not null,
    ALT_PO {{ key(450) }} not null,
    DELIVERY {{ key(450) }} not null,
    DESTINATION {{ key(450) }} not null,
    QTY {{ bigint }} not null,
    CELLS {{ text }} not null
)
