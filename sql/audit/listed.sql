-- The first findings of a class, or the next of all.
{% import "push/_macros.sql" as q with context %}
{% import "audit/_macros.sql" as a with context %}
select {{ q.top(rows) }}N, CLASS, LEVEL, ORDER_KEY, SIZE_LABEL, MONDAY_ID, COLUMN_NAME, CONFIRMED, ON_BOARD, NOTE, CUSTOMER
from {{ a.work("Report") }}
where N > ?{% if one_class %} and CLASS = ?{% endif %}

order by N
{{ q.limit(rows) }}
