-- The oldest orders come first where the board has less room than there are creations: date and key of the last that fits.
{% import "push/_macros.sql" as q with context %}
select coalesce(max(case when n = {{ room }} then ORDERED_AT end), cast('0001-01-01' as date)) as CUT_DATE,
    coalesce(max(case when n = {{ room }} then ORDER_KEY end), '') as CUT_KEY
from (
    select
        s.ORDER_KEY,
        coalesce(s."ORDER DATE PO RECEIVED", cast('9999-12-31' as date)) as ORDERED_AT,
        row_number() over (
            order by coalesce(s."ORDER DATE PO RECEIVED", cast('9999-12-31' as date)), {{ q.bin("s.ORDER_KEY") }}
        ) as n
    {{ q.items() }}
    where {{ q.item_needs_work() }}
        and {{ q.is_creation() }}
    {{ q.chosen(selection) }}
) as numbered
