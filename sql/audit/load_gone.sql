-- Confirmed items that aren't among the board's active ones, with what became of them.
{% import "push/_macros.sql" as q with context %}
{% import "audit/_macros.sql" as a with context %}
insert into {{ a.work("Gone") }} (ITEM_ID, STATE)
select j.ITEM_ID, j.STATE
from {{ q.json_rows([("ITEM_ID", bigint), ("STATE", short(20))]) }} as j
