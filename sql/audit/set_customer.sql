-- Whose the findings are: as the tables say, for unknown items as the board shows.
{% import "audit/_macros.sql" as a with context %}
update {{ a.work("Found") }}
set CUSTOMER = c.CUSTOMER
from (
    select f.MONDAY_ID, f.LEVEL, max(coalesce(m.BATCH_CUSTOMER, substring(i."CUSTOMER", 1, 255))) as CUSTOMER
    from {{ a.work("Found") }} as f
    left join {{ table("MON_CustMasterSchedule") }} as m on m.ORDER_KEY = f.ORDER_KEY
    left join {{ a.work("Items") }} as i on i.ITEM_ID = f.MONDAY_ID
    group by f.MONDAY_ID, f.LEVEL
) as c
where c.MONDAY_ID = {{ a.work("Found") }}.MONDAY_ID and c.LEVEL = {{ a.work("Found") }}.LEVEL
