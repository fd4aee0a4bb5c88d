-- The next sizes that need work and whose order is on the board, after the (batch, order, label) reached so far. Sizes of an
-- order that is being changed wait for it: its item may prove to be gone, and then they belong under another.
{% import "push/_macros.sql" as q with context %}
select {{ q.top(rows) }}s.ORDER_KEY, s.SIZE_LABEL, s.BATCH_ID
{{ q.sizes() }}
where m.MONDAY_ITEM_ID is not null
    and {{ q.size_needs_work() }}
    and {{ q.is_free("SUBITEM") }}
    and {{ q.is_free() }}
{{ q.chosen(selection) }}
    and (
        {{ q.bin("s.BATCH_ID") }} > ?
        or ({{ q.bin("s.BATCH_ID") }} = ? and {{ q.bin("s.ORDER_KEY") }} > ?)
        or ({{ q.bin("s.BATCH_ID") }} = ? and {{ q.bin("s.ORDER_KEY") }} = ? and {{ q.bin("s.SIZE_LABEL") }} > ?)
    )
order by {{ q.bin("s.BATCH_ID") }}, {{ q.bin("s.ORDER_KEY") }}, {{ q.bin("s.SIZE_LABEL") }}
{{ q.limit(rows) }}
