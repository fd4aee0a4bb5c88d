-- Staged orders without an item, as compared with the board's items.
{% import "adopt/_macros.sql" as a with context %}
create {{ "temporary " if duckdb }}table {{ a.temp("ADOPT_ORDERS") }} (
    ORDER_KEY {{ key(255) }} not null,
    N_KEY {{ key(450) }} null,
    N_NUMBER {{ key(450) }} null,
    N_STYLE {{ key(450) }} null,
    N_COLOR {{ key(450) }} null,
    N_NAME {{ key(450) }} null,
    PO {{ key(450) }} not null,
    ALT_PO {{ key(450) }} not null,
    DELIVERY {{ key(450) }} not null,
    DESTINATION {{ key(450) }} not null,
    QTY {{ bigint }} not null
)
