-- Notes that a request is about to be sent again. A worker that lost it to another changes no row, and sends nothing.
update {{ table("MON_ApiRequests") }}
set SENT_AT = ?, ATTEMPTS = ?, LEASE_UNTIL = ?
where REQUEST_ID = ? and WORKER = ? and OUTCOME is null
