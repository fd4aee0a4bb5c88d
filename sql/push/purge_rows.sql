-- Rows of requests that are no longer kept.
delete from {{ table("MON_ApiRequestRows") }}
where REQUEST_ID not in (select REQUEST_ID from {{ table("MON_ApiRequests") }})
