-- Where a staged column stands on the board now.
insert into {{ table("MON_BoardColumns") }} (BOARD_ID, STAGED_COLUMN, COLUMN_ID, COLUMN_TYPE, COLUMN_TITLE, SEEN_AT)
values (?, ?, ?, ?, ?, ?)
