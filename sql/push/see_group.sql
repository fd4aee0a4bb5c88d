-- A group seen on the board: its title and the time.
update {{ table("MON_BoardGroups") }} set GROUP_TITLE = ?, LAST_SEEN_AT = ?, IS_PRESENT = {{ 'true' if duckdb else '1' }}
where BOARD_ID = ? and GROUP_ID = ?
