-- Sizes whose subitem a person deleted: the next push makes them again.
{% import "push/_macros.sql" as q with context %}
update {{ table("MON_CustMasterSchedule_Subitems") }}
set MONDAY_SUBITEM_ID = null
where {{ q.bin("concat(ORDER_KEY, '|', SIZE_LABEL)") }} in (
    select {{ q.bin("k.ROW_KEY") }} from {{ q.json_rows([("ROW_KEY", short(400))]) }} as k
)
