-- The next differences of a column of orders, to be looked at as the board counts them.
{% import "push/_macros.sql" as q with context %}
{% import "audit/_macros.sql" as a with context %}
select {{ q.top(rows) }}ORDER_KEY, CONFIRMED, ON_BOARD
from {{ a.work("Differences") }}
where LEVEL = 'ITEM' and COLUMN_NAME = ? and ORDER_KEY > ?
order by ORDER_KEY
{{ q.limit(rows) }}
