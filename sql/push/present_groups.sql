-- The groups that the board had when last seen.
select GROUP_TITLE from {{ table("MON_BoardGroups") }} where BOARD_ID = ? and IS_PRESENT = {{ 'true' if duckdb else '1' }}
