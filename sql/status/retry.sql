-- Closes the open errors that hold rows back, so that the next build stages the rows.
{% import "push/_macros.sql" as q with context %}
update {{ q.errors(level) }}
set RESOLVED_AT = ?, RESOLVED_BY = 'retry'
where RESOLVED_AT is null
    and ERROR_CLASS <> 'CELL'
{% if "batch" in filters %}    and BATCH_ID = ?
{% endif %}
{% if "customer" in filters %}    and {{ q.bin("upper(BATCH_CUSTOMER)") }} = upper(?)
{% endif %}
