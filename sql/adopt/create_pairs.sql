-- Which item stands for which order, and by which rule. KNOWN: the tables hold it already.
{% import "adopt/_macros.sql" as a with context %}
create {{ "temporary " if duckdb }}table {{ a.temp("ADOPT_PAIRS") }} (
    ORDER_KEY {{ key(255) }} not null,
    ITEM_ID {{ bigint }} not null,
    MATCHED_BY {{ short(20) }} not null
)
