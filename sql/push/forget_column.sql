-- Makes room for where a staged column stands on the board now.
delete from {{ table("MON_BoardColumns") }} where BOARD_ID = ? and STAGED_COLUMN = ?
