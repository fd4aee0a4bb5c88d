-- The groups remembered of a board.
select GROUP_ID, GROUP_TITLE from {{ table("MON_BoardGroups") }} where BOARD_ID = ?
