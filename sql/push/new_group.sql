-- A group seen for the first time.
insert into {{ table("MON_BoardGroups") }} (BOARD_ID, GROUP_ID, GROUP_TITLE, FIRST_SEEN_AT, LAST_SEEN_AT, IS_PRESENT)
values (?, ?, ?, ?, ?, {{ 'true' if duckdb else '1' }})
