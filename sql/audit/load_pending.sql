-- Items and subitems that a recorded request will change.
{% import "push/_macros.sql" as q with context %}
{% import "audit/_macros.sql" as a with context %}
insert into {{ a.work("Pending") }} (LEVEL, ROW_KEY)
select 'ID', j.ROW_KEY
from {{ q.json_rows([("ROW_KEY", short(400))]) }} as j
