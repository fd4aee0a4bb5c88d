-- Items under which sizes are to be created, spread evenly over all such items. Sizes of open requests are left out.
{% import "push/_macros.sql" as q with context %}
select n.MONDAY_ITEM_ID
from (
    select
        m.MONDAY_ITEM_ID, count(*) over () as ALL_ROWS, row_number() over (order by m.MONDAY_ITEM_ID) as PLACE
    {{ q.sizes() }}
    where m.MONDAY_ITEM_ID is not null
        and x.MONDAY_SUBITEM_ID is null
        and {{ q.size_needs_work() }}
        and {{ q.is_free("SUBITEM") }}
    {{ q.chosen(selection) }}
    group by m.MONDAY_ITEM_ID
) as n
where (n.PLACE - 1) * {{ rows }} % n.ALL_ROWS < {{ rows }}
order by n.MONDAY_ITEM_ID
