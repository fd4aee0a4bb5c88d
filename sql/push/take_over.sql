-- Takes a dead run's request over. Where two runs try, one wins (the other changes no row).
update {{ table("MON_ApiRequests") }}
set WORKER = ?, RUN_ID = ?, LEASE_UNTIL = ?
where REQUEST_ID = ? and WORKER = ? and OUTCOME is null{% if not sole_writer %} and LEASE_UNTIL < ?{% endif %}

