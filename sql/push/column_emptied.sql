-- A column was re-created under a new id, so it is empty on the board: the next build stages what it should hold.
update {{ table("MON_CustMasterSchedule") }}
set {{ quoted(column) }} = null, ROW_HASH = null
where {{ quoted(column) }} is not null
