-- Requests sent between two moments, repetitions counted: what they took of the daily quota.
select coalesce(sum(ATTEMPTS), 0) as CALLS
from {{ table("MON_ApiRequests") }}
where SENT_AT >= ? and SENT_AT < ?
