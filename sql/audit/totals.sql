-- What was compared.
{% import "audit/_macros.sql" as a with context %}
select
    (select count(*) from {{ a.work("Items") }}) as ITEMS,
    (select count(*) from {{ a.work("Sizes") }}) as SUBITEMS,
    (
        select count(*)
        from {{ table("MON_CustMasterSchedule") }}
        where MONDAY_ITEM_ID is not null and ARCHIVED_AT is null
    ) as ORDERS,
    (
        select count(*)
        from {{ table("MON_CustMasterSchedule_Subitems") }} as x
        inner join {{ table("MON_CustMasterSchedule") }} as m
            on m.ORDER_KEY = x.ORDER_KEY and m.MONDAY_ITEM_ID = x.MONDAY_PARENT_ITEM_ID and m.ARCHIVED_AT is null
        where x.MONDAY_SUBITEM_ID is not null
    ) as SIZES
