-- Claims the sizes to take over.
{% import "adopt/_macros.sql" as a with context %}
insert into {{ table("MON_RowClaims") }} (LEVEL, ROW_KEY, REQUEST_ID, WORKER, LEASE_UNTIL)
select 'SUBITEM', concat(t.ORDER_KEY, '|', t.SIZE_LABEL), ?, ?, ?
from {{ a.temp("ADOPT_TAKEN_SIZES") }} as t
where not exists (
    select 1
    from {{ table("MON_RowClaims") }} as c
    where c.LEVEL = 'SUBITEM' and c.ROW_KEY = concat(t.ORDER_KEY, '|', t.SIZE_LABEL)
)
