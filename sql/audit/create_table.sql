-- A working table of the audit, gone with the connection.
{% import "audit/_macros.sql" as a with context %}
create {{ "temp " if duckdb }}table {{ a.work(name) }} (
{% if name == "Items" %}
    ITEM_ID {{ bigint }} not null primary key,
    CELL_KEY {{ key(255) }} null,
    ITEM_NAME {{ a.words("max") }} null,
    GROUP_ID {{ a.words(255) }} null,
    GROUP_NAME {{ a.words("max") }} null{% for column, type, title in columns %},
    {{ column }} {{ a.words("max") }} null{% endfor %}

{% elif name == "Sizes" %}
    SUBITEM_ID {{ bigint }} not null primary key,
    ITEM_ID {{ bigint }} not null,
    SUBITEM_NAME {{ a.words("max") }} null,
    CELL_LABEL {{ key(100) }} null,
    IS_LABELLED {{ integer }} not null,
    CELL_QTY {{ a.words("max") }} null,
    QUANTITY {{ decimal }} null
{% elif name == "Gone" %}
    ITEM_ID {{ bigint }} not null,
    STATE {{ a.words(20) }} not null
{% elif name == "Before" %}
    LEVEL {{ a.words(10) }} not null,
    ROW_KEY {{ key(400) }} not null,
    MARK {{ a.words(400) }} null
{% elif name == "Pending" %}
    LEVEL {{ a.words(10) }} not null,
    ROW_KEY {{ key(400) }} not null
{% elif name == "Matched" %}
    ITEM_ID {{ bigint }} not null primary key,
    ORDER_KEY {{ key(255) }} null,
    BY_ID {{ integer }} not null,
    POSITION {{ integer }} not null,
    STATE {{ a.words(10) }} not null
{% elif name == "MatchedSizes" %}
    SUBITEM_ID {{ bigint }} not null primary key,
    ITEM_ID {{ bigint }} not null,
    ORDER_KEY {{ key(255) }} not null,
    SIZE_LABEL {{ key(100) }} null,
    PARENT_BY_ID {{ integer }} not null,
    BY_ID {{ integer }} not null,
    POSITION {{ integer }} not null,
    STATE {{ a.words(10) }} not null
{% elif name == "Differences" %}
    LEVEL {{ a.words(10) }} not null,
    ORDER_KEY {{ key(255) }} not null,
    SIZE_LABEL {{ key(100) }} null,
    MONDAY_ID {{ bigint }} not null,
    COLUMN_NAME {{ a.words(200) }} not null,
    CONFIRMED {{ a.words("max") }} null,
    ON_BOARD {{ a.words("max") }} null,
    BY_ID {{ integer }} not null,
    IS_EDIT {{ integer }} not null
{% elif name in ("Found", "Report") %}
{% if name == "Report" %}
    N {{ bigint }} not null primary key,
{% endif %}
    CLASS {{ a.words(20) }} not null,
    LEVEL {{ a.words(10) }} not null,
    ORDER_KEY {{ key(255) }} null,
    SIZE_LABEL {{ key(100) }} null,
    MONDAY_ID {{ bigint }} null,
    COLUMN_NAME {{ a.words(200) }} null,
    CONFIRMED {{ a.words("max") }} null,
    ON_BOARD {{ a.words("max") }} null,
    NOTE {{ a.words(200) }} null,
    IS_OURS {{ integer }} not null,
    CUSTOMER {{ a.words(255) }} null
{% elif name == "Rows" %}
    LEVEL {{ a.words(10) }} not null,
    ROW_KEY {{ key(400) }} not null,
    ORDER_KEY {{ key(255) }} not null
{% elif name == "Plan" %}
    ORDER_KEY {{ key(255) }} not null primary key
{% endif %}
)
