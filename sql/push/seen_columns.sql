-- Where the staged columns stood on the board when last seen.
select STAGED_COLUMN, COLUMN_ID, COLUMN_TYPE from {{ table("MON_BoardColumns") }} where BOARD_ID = ?
