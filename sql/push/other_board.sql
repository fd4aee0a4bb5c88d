-- A board, other than the one in use, that confirmed ids belong to.
select distinct MONDAY_BOARD_ID
from {{ table("MON_CustMasterSchedule") }}
where MONDAY_ITEM_ID is not null and ARCHIVED_AT is null and MONDAY_BOARD_ID is not null and MONDAY_BOARD_ID <> ?
