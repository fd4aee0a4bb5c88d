-- Makes room for where a staged column stands on the board now, unless another run has noted that already.
delete from {{ table("MON_BoardColumns") }}
where BOARD_ID = ? and STAGED_COLUMN = ? and COLUMN_ID = ? and COLUMN_TYPE = ?
