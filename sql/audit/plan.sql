-- The orders that a repair may touch: those with a finding of ours that isn't pending and isn't a person's to make.
{% import "audit/_macros.sql" as a with context %}
insert into {{ a.work("Plan") }} (ORDER_KEY)
select distinct f.ORDER_KEY
from {{ a.work("Found") }} as f
where f.ORDER_KEY is not null
    and f.IS_OURS = 1
    and f.CLASS not in ('pending', 'edited')
{% if park %}
    and not (f.CLASS = 'missing' and f.LEVEL = 'ITEM' and not exists (
        select 1 from {{ a.work("Matched") }} as o where o.ORDER_KEY = f.ORDER_KEY
    ))
{% endif %}
