-- The columns of a table as they are now, in their order.
{% if duckdb %}
select
    COLUMN_NAME, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE, DATETIME_PRECISION, IS_NULLABLE,
    COLUMN_DEFAULT, 0 as FILLS_ITSELF
from INFORMATION_SCHEMA.COLUMNS
where TABLE_CATALOG = current_database() and lower(TABLE_SCHEMA) = lower(?) and lower(TABLE_NAME) = lower(?)
order by ORDINAL_POSITION
{% else %}
select
    c.COLUMN_NAME, c.DATA_TYPE, c.CHARACTER_MAXIMUM_LENGTH, c.NUMERIC_PRECISION, c.NUMERIC_SCALE, c.DATETIME_PRECISION,
    c.IS_NULLABLE, c.COLUMN_DEFAULT,
    case when s.is_identity = 1 or s.is_computed = 1 or s.system_type_id = 189 then 1 else 0 end as FILLS_ITSELF
from INFORMATION_SCHEMA.COLUMNS as c
left join sys.columns as s
    on s.object_id = object_id(concat(quotename(c.TABLE_SCHEMA), '.', quotename(c.TABLE_NAME))) and s.name = c.COLUMN_NAME
where lower(c.TABLE_SCHEMA) = lower(?) and lower(c.TABLE_NAME) = lower(?)
order by c.ORDINAL_POSITION
{% endif %}
