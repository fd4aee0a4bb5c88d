-- The next orders that need work, after the (batch, key) reached so far. Rows held by another run are left out.
{% import "push/_macros.sql" as q with context %}
select {{ q.top(rows) }}s.ORDER_KEY, s.BATCH_ID, s.CHANGE_TYPE
{{ q.items() }}
where {{ q.item_needs_work() }}
    and {{ q.is_free() }}
{{ q.chosen(selection) }}
{{ q.within_room(limited) }}
    and ({{ q.bin("s.BATCH_ID") }} > ? or ({{ q.bin("s.BATCH_ID") }} = ? and {{ q.bin("s.ORDER_KEY") }} > ?))
order by {{ q.bin("s.BATCH_ID") }}, {{ q.bin("s.ORDER_KEY") }}
{{ q.limit(rows) }}
