-- Closes the open errors of rows that got through.
{% import "push/_macros.sql" as q with context %}
{% set target = table("ERR_MON_CustMasterSchedule_Subitems" if level == "SUBITEM" else "ERR_MON_CustMasterSchedule") %}
{% set row_key = "concat(ORDER_KEY, '|', SIZE_LABEL)" if level == "SUBITEM" else "ORDER_KEY" %}
update {{ target }}
set RESOLVED_AT = ?, RESOLVED_BY = ?
where RESOLVED_AT is null
    and {{ q.bin(row_key) }} in (select {{ q.bin("k.ROW_KEY") }} from {{ q.json_rows([("ROW_KEY", short(400))]) }} as k)
