-- How often a table has an index of this name: 0 or 1.
{% if duckdb %}
select count(*) as FOUND
from duckdb_indexes()
where database_name = current_database() and lower(schema_name) = lower(?) and lower(table_name) = lower(?)
    and lower(index_name) = lower(?)
{% else %}
select count(*) as FOUND
from sys.indexes as i
inner join sys.objects as o on o.object_id = i.object_id
where lower(schema_name(o.schema_id)) = lower(?) and lower(o.name) = lower(?) and lower(i.name) = lower(?)
{% endif %}
