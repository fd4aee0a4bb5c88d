-- Claims the orders to take over, as a push would: what a push has in hand is left to it.
{% import "adopt/_macros.sql" as a with context %}
insert into {{ table("MON_RowClaims") }} (LEVEL, ROW_KEY, REQUEST_ID, WORKER, LEASE_UNTIL)
select 'ITEM', p.ORDER_KEY, ?, ?, ?
from {{ a.temp("ADOPT_PAIRS") }} as p
where p.MATCHED_BY not in ('KNOWN', 'ARCHIVED')
    and not exists (select 1 from {{ table("MON_RowClaims") }} as c where c.LEVEL = 'ITEM' and c.ROW_KEY = p.ORDER_KEY)
