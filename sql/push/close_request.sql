-- Closes a request once. The fence: a worker that lost its lease to another closes nothing (no row changes).
update {{ table("MON_ApiRequests") }}
set OUTCOME = ?, FINISHED_AT = ?, HTTP_STATUS = ?, MONDAY_REQUEST_ID = ?,
    COMPLEXITY_COST = coalesce(COMPLEXITY_COST, 0) + ?, ATTEMPTS = ?
where REQUEST_ID = ? and WORKER = ? and OUTCOME is null
