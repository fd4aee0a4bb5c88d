-- A column whose texts are numbers becomes a column of numbers.
alter table {{ target }} alter column {{ column }} {{ "set data type decimal(18, 4)" if duckdb else "decimal(18, 4) null" }}
