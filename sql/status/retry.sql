-- Closes the open errors that hold rows back, so that the next build stages the rows.
{% import "push/_macros.sql" as q with context %}
update {{ table("ERR_MON_CustMasterSchedule_Subitems" if level == "SUBITEM" else "ERR_MON_CustMasterSchedule") }}
set RESOLVED_AT = ?, RESOLVED_BY = 'retry'
where RESOLVED_AT is null
{% if "batch" in filters %}    and BATCH_ID = ?
{% endif %}
{% if "customer" in filters %}    and {{ q.bin("upper(BATCH_CUSTOMER)") }} = upper(?)
{% endif %}
