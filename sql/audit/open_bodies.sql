-- Requests that carry no row of ours and wait to be sent.
select BODY from {{ table("MON_ApiRequests") }} where OUTCOME is null and ROW_COUNT = 0 and OPERATION in ('ARCHIVE_SURPLUS', 'RESTORE_KEY')
