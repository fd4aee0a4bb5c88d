-- DuckDB alters no column of a table that has an index; it is made again afterwards.
drop index {{ name }}
