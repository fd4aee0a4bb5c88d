-- The columns of a table's primary key; none where it has no such key.
select k.COLUMN_NAME
from INFORMATION_SCHEMA.TABLE_CONSTRAINTS as c
inner join INFORMATION_SCHEMA.KEY_COLUMN_USAGE as k
    on k.CONSTRAINT_NAME = c.CONSTRAINT_NAME and k.TABLE_SCHEMA = c.TABLE_SCHEMA and k.TABLE_NAME = c.TABLE_NAME
where c.CONSTRAINT_TYPE = 'PRIMARY KEY' and lower(c.TABLE_SCHEMA) = lower(?) and lower(c.TABLE_NAME) = lower(?)
{% if duckdb %}
    and c.TABLE_CATALOG = current_database() and k.TABLE_CATALOG = current_database()
{% endif %}
order by k.ORDINAL_POSITION
