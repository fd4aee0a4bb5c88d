-- What a page said of items that are read again.
{% import "push/_macros.sql" as q with context %}
{% import "audit/_macros.sql" as a with context %}
delete from {{ a.work(name) }}
where ITEM_ID in (select j.ITEM_ID from {{ q.json_rows([("ITEM_ID", bigint)]) }} as j)
