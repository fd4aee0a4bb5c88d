-- The names under which a column of the board was staged, the latest first.
select STAGED_COLUMN as NAME
from {{ table("MON_BoardColumns") }}
where COLUMN_ID = ?
order by SEEN_AT desc, STAGED_COLUMN
