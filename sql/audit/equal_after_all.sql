-- Differences that are none: another spelling of the same value.
{% import "push/_macros.sql" as q with context %}
{% import "audit/_macros.sql" as a with context %}
delete from {{ a.work("Differences") }}
where LEVEL = 'ITEM'
    and COLUMN_NAME = ?
    and ORDER_KEY in (select {{ q.bin("k.ORDER_KEY") }} from {{ q.json_rows([("ORDER_KEY", short(255))]) }} as k)
