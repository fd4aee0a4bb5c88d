-- A lease that ends later than one taken now was written by a clock that is ahead, or before this one was set back: it
-- counts from now. Who lives renews it.
update {{ table(name) }} set LEASE_UNTIL = ? where LEASE_UNTIL > ?{% if name == "MON_ApiRequests" %} and OUTCOME is null{% endif %}{% if name == "MON_BatchProcessing" %} and FINISHED_AT is null{% endif %}

