-- One item as pulled: the mapped columns under their staged names, every other one under its title in OTHER_CELLS.
create table {{ target }} (
    PULL_ID {{ key(36) }} not null, ITEM_ID {{ bigint }} not null, BOARD_ID {{ bigint }} null,
    STATE {{ short(40) }} not null, ITEM_NAME {{ text }} null, GROUP_ID {{ short(255) }} null,
    GROUP_NAME {{ text }} null, ADDRESS {{ text }} null, CREATED_AT {{ time }} null, UPDATED_AT {{ time }} null,
    ORDER_KEY {{ key(255) }} null,
{% for column, type, name in columns %}
    {{ column }} {{ text }} null,
{% endfor %}
    OTHER_CELLS {{ text }} null,
    constraint {{ quoted('PK_' ~ name) }} primary key (PULL_ID, ITEM_ID)
)
