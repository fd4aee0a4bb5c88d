-- Where a staged column stands on the board now; nothing where another run has noted it already.
insert into {{ table("MON_BoardColumns") }} (BOARD_ID, STAGED_COLUMN, COLUMN_ID, COLUMN_TYPE, COLUMN_TITLE, SEEN_AT)
select ?, ?, ?, ?, ?, ?
where not exists (select 1 from {{ table("MON_BoardColumns") }} as b where b.BOARD_ID = ? and b.STAGED_COLUMN = ?)
