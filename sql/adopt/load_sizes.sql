-- The sizes of a page of the board.
{% import "push/_macros.sql" as q with context %}
{% import "adopt/_macros.sql" as a with context %}
insert into {{ a.temp("ADOPT_SIZES") }} (SUBITEM_ID, ITEM_ID, BOARD_ID, LABEL, QTY, IS_LABELLED)
select j.SUBITEM_ID, j.ITEM_ID, j.BOARD_ID, j.LABEL, j.QTY, j.IS_LABELLED
from {{ q.json_rows([
    ("SUBITEM_ID", bigint), ("ITEM_ID", bigint), ("BOARD_ID", bigint), ("LABEL", short(100)), ("QTY", bigint),
    ("IS_LABELLED", integer)]) }} as j
