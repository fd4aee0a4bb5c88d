-- The subitems of a page of items.
{% import "push/_macros.sql" as q with context %}
{% import "audit/_macros.sql" as a with context %}
insert into {{ a.work("Sizes") }} (SUBITEM_ID, ITEM_ID, SUBITEM_NAME, CELL_LABEL, IS_LABELLED, CELL_QTY, QUANTITY)
select j.SUBITEM_ID, j.ITEM_ID, j.SUBITEM_NAME, j.CELL_LABEL, j.IS_LABELLED, j.CELL_QTY, j.QUANTITY
from {{ q.json_rows([
    ("SUBITEM_ID", bigint), ("ITEM_ID", bigint), ("SUBITEM_NAME", text), ("CELL_LABEL", short(100)), ("IS_LABELLED", integer),
    ("CELL_QTY", text), ("QUANTITY", decimal)]) }} as j
