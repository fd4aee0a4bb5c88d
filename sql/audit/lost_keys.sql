-- Items and subitems whose key or size a person changed: it is what they are found by, and no update writes it.
{% import "audit/_macros.sql" as a with context %}
select d.LEVEL, d.ORDER_KEY, d.SIZE_LABEL, d.MONDAY_ID
from {{ a.work("Differences") }} as d
where d.COLUMN_NAME in ('ORDER_KEY', 'SIZE_LABEL') and {{ a.planned("d.ORDER_KEY") }}
order by d.MONDAY_ID
