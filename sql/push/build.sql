-- What the last build counted and was told.
select * from {{ table("STG_MON_Build") }}
