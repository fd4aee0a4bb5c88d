-- The sizes that wait for orders just confirmed, in the order that planners know.
{% import "push/_macros.sql" as q with context %}
select s.ORDER_KEY, s.SIZE_LABEL, s.BATCH_ID
{{ q.sizes() }}
where {{ q.bin("s.ORDER_KEY") }} in (select {{ q.bin("k.ORDER_KEY") }} from {{ q.json_rows([("ORDER_KEY", short(255))]) }} as k)
    and m.MONDAY_ITEM_ID is not null
    and {{ q.size_needs_work() }}
order by s.BATCH_ID, s.ORDER_KEY, s.SIZE_POSITION, s.SIZE_LABEL
