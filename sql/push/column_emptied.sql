-- A column was re-created under a new id, so it is empty on the board: the next build stages what it should hold. The new
-- hash differs from every order's, and is what the staged list of changed columns is then based on.
update {{ table("MON_CustMasterSchedule") }}
set {{ quoted(column) }} = null, ROW_HASH = ?
where {{ quoted(column) }} is not null
