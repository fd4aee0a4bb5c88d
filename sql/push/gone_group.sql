-- A group that the board no longer has.
update {{ table("MON_BoardGroups") }}
set LAST_SEEN_AT = case when IS_PRESENT = {{ 'true' if duckdb else '1' }} then ? else LAST_SEEN_AT end, IS_PRESENT = {{ 'false' if duckdb else '0' }}
where BOARD_ID = ? and GROUP_ID = ?
