-- Orders and items that a rule leads to one another, but not one to one: nothing is taken over here.
{% import "adopt/_macros.sql" as a with context %}
create {{ "temporary " if duckdb }}table {{ a.temp("ADOPT_DOUBTS") }} (
    MATCHED_BY {{ short(20) }} not null,
    DOUBT_ID {{ bigint }} not null,
    ORDERS {{ integer }} not null,
    ITEMS {{ integer }} not null,
    ORDER_KEY {{ key(255) }} null,
    ITEM_ID {{ bigint }} null
)
