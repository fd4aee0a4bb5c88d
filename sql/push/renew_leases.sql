-- A worker that lives says so.
update {{ table(name) }} set LEASE_UNTIL = ? where {{ "RUN_ID = ?" if name == "MON_BatchProcessing" else "WORKER = ?" }}{% if name == "MON_ApiRequests" %} and OUTCOME is null{% endif %}{% if name == "MON_BatchProcessing" %} and FINISHED_AT is null{% endif %}

