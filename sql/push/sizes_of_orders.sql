-- The sizes that wait for orders just confirmed, in the order that planners know.
{% import "push/_macros.sql" as q with context %}
select s.ORDER_KEY, s.SIZE_LABEL, s.BATCH_ID
{{ q.sizes(made_again) }}
{% if made_again %}
{{ q.known_sizes() }}
{% endif %}
where {{ q.bin("s.ORDER_KEY") }} in (select {{ q.bin("k.ORDER_KEY") }} from {{ q.json_rows([("ORDER_KEY", short(255))]) }} as k)
    and m.MONDAY_ITEM_ID is not null
    and {{ q.size_needs_work() }}
order by s.BATCH_ID, {{ q.in_order(made_again) }}
