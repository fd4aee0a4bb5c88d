-- Columns of the confirmed orders that the mapping once had and has no longer.
select distinct b.STAGED_COLUMN as NAME
from {{ table("MON_BoardColumns") }} as b
inner join INFORMATION_SCHEMA.COLUMNS as c
    on c.COLUMN_NAME{{ "" if duckdb else " collate Latin1_General_100_BIN2" }} = b.STAGED_COLUMN
where lower(c.TABLE_SCHEMA) = lower(?)
    and lower(c.TABLE_NAME) = lower('MON_CustMasterSchedule')
{% if duckdb %}
    and c.TABLE_CATALOG = current_database()
{% endif %}
    and b.STAGED_COLUMN not in ('ORDER_KEY'{% for column, type, name in columns %}, '{{ name | replace("'", "''") }}'{% endfor %})
order by 1
