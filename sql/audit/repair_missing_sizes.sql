-- Sizes whose subitem is gone and that no other subitem stands for.
{% import "audit/_macros.sql" as a with context %}
{% set target = table("MON_CustMasterSchedule_Subitems") %}
update {{ target }}
set MONDAY_SUBITEM_ID = null
where MONDAY_SUBITEM_ID is not null
    and exists (
        select 1
        from {{ a.work("Matched") }} as p
        where p.ORDER_KEY = {{ target }}.ORDER_KEY and p.ITEM_ID = {{ target }}.MONDAY_PARENT_ITEM_ID
    )
    and not exists (
        select 1
        from {{ a.work("MatchedSizes") }} as s
        where s.ORDER_KEY = {{ target }}.ORDER_KEY and s.SIZE_LABEL = {{ target }}.SIZE_LABEL
    )
    and {{ a.planned(target ~ ".ORDER_KEY") }}
