-- What stands under a name already: BASE TABLE, VIEW, or on SQL Server whatever else shares the names of tables.
{% if duckdb %}
select TABLE_TYPE as KIND
from INFORMATION_SCHEMA.TABLES
where TABLE_CATALOG = current_database() and lower(TABLE_SCHEMA) = lower(?) and lower(TABLE_NAME) = lower(?)
{% else %}
select case type when 'U' then 'BASE TABLE' when 'V' then 'VIEW' else type_desc end as KIND
from sys.objects
where lower(schema_name(schema_id)) = lower(?) and lower(name) = lower(?)
{% endif %}
