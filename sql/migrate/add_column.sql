-- A column that an older table lacks; its rows have nothing in it.
alter table {{ target }} add {{ "column " if duckdb }}{{ column }} {{ type }}{% if not duckdb %}{{ " collate Latin1_General_100_BIN2" if key }} null{% endif %}

