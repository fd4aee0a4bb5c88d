-- One text per confirmed row that changes with it.
{% import "push/_macros.sql" as q with context %}
{% import "audit/_macros.sql" as a with context %}
{% macro item_mark() %}concat(MONDAY_ITEM_ID, '|', ROW_HASH, '|', cast(LAST_PUSHED_AT as {{ short(40) }}), '|', cast(ARCHIVED_AT as {{ short(40) }})){% endmacro %}
{% macro size_mark() %}concat(MONDAY_SUBITEM_ID, '|', ORDER_QTY, '|', MONDAY_PARENT_ITEM_ID, '|', cast(LAST_PUSHED_AT as {{ short(40) }})){% endmacro %}
{% if into == "Before" %}
insert into {{ a.work("Before") }} (LEVEL, ROW_KEY, MARK)
select 'ITEM', ORDER_KEY, {{ item_mark() }}
from {{ table("MON_CustMasterSchedule") }}
union all
select 'SUBITEM', concat(ORDER_KEY, '|', SIZE_LABEL), {{ size_mark() }}
from {{ table("MON_CustMasterSchedule_Subitems") }}
{% else %}
insert into {{ a.work("Pending") }} (LEVEL, ROW_KEY)
select coalesce(n.LEVEL, b.LEVEL), coalesce(n.ROW_KEY, b.ROW_KEY)
from {{ a.work("Before") }} as b
full outer join (
    select 'ITEM' as LEVEL, ORDER_KEY as ROW_KEY, {{ item_mark() }} as MARK
    from {{ table("MON_CustMasterSchedule") }}
    union all
    select 'SUBITEM', concat(ORDER_KEY, '|', SIZE_LABEL), {{ size_mark() }}
    from {{ table("MON_CustMasterSchedule_Subitems") }}
) as n
    on {{ q.bin("n.ROW_KEY") }} = b.ROW_KEY and n.LEVEL = b.LEVEL
where b.ROW_KEY is null or n.ROW_KEY is null or {{ q.bin("n.MARK") }} <> b.MARK
{% endif %}
