-- How many orders a repair would touch, of how many that are confirmed.
{% import "audit/_macros.sql" as a with context %}
select
    (select count(*) from {{ a.work("Plan") }}) as PLANNED,
    (
        select count(*)
        from {{ table("MON_CustMasterSchedule") }}
        where MONDAY_ITEM_ID is not null and ARCHIVED_AT is null
    ) as CONFIRMED
