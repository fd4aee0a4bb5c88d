-- Orders whose item left the board: archived by us, or gone by a person's hand.
{% import "push/_macros.sql" as q with context %}
update {{ table("MON_CustMasterSchedule") }}
set ARCHIVED_AT = ?, LAST_PUSHED_AT = ?, BATCH_ID = ?
where ORDER_KEY in (select {{ q.bin("k.ORDER_KEY") }} from {{ q.json_rows([("ORDER_KEY", short(255))]) }} as k)
