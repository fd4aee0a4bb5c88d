-- Leaves what concerns other customers out: the name as the orders spell it, or the canonical one, in any case.
{% import "push/_macros.sql" as q with context %}
{% import "audit/_macros.sql" as a with context %}
delete from {{ a.work("Found") }}
where {{ q.bin("upper(coalesce(CUSTOMER, ''))") }} <> upper(?)
    and not exists (
        select 1
        from {{ table("MON_CustMasterSchedule") }} as m
        where m.ORDER_KEY = {{ a.work("Found") }}.ORDER_KEY and {{ q.bin("upper(m.SOURCE_CUSTOMER)") }} = upper(?)
    )
