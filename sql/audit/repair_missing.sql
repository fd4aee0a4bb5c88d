-- Orders whose item is gone and that no other item stands for: the next build stages them anew.
{% import "audit/_macros.sql" as a with context %}
{% set target = table("MON_CustMasterSchedule") %}
update {{ target }}
set ARCHIVED_AT = ?
where MONDAY_ITEM_ID is not null
    and ARCHIVED_AT is null
    and not exists (select 1 from {{ a.work("Matched") }} as o where o.ORDER_KEY = {{ target }}.ORDER_KEY)
    and {{ a.planned(target ~ ".ORDER_KEY") }}
