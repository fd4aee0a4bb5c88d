-- Orders to create, to look up on the board: half of them spread evenly from the oldest to the newest, the others the
-- newest of each customer. Rows of open requests are left out: recovery looks these up.
{% import "push/_macros.sql" as q with context %}
{% set ordered_at = 'coalesce(s."ORDER DATE PO RECEIVED", cast(\'9999-12-31\' as date))' %}
{% set spread = rows // 2 %}
select {{ q.top(rows) }}n.ORDER_KEY, n.ITEM_NAME
from (
    select
        s.ORDER_KEY,
        s.ITEM_NAME,
        s.BATCH_CUSTOMER,
        count(*) over () as ALL_ROWS,
        row_number() over (order by {{ ordered_at }}, {{ q.bin("s.ORDER_KEY") }}) as PLACE,
        row_number() over (
            partition by s.BATCH_CUSTOMER order by {{ ordered_at }} desc, {{ q.bin("s.ORDER_KEY") }} desc
        ) as FROM_NEWEST
    {{ q.items() }}
    where {{ q.item_needs_work() }}
        and {{ q.is_creation() }}
        and {{ q.is_free() }}
    {{ q.chosen(selection) }}
) as n
order by
    case when (n.PLACE - 1) * {{ spread }} % n.ALL_ROWS < {{ spread }} then 0 else n.FROM_NEWEST end, n.BATCH_CUSTOMER, n.PLACE
{{ q.limit(rows) }}
