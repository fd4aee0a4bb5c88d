-- Cells that were left blank are sent with the next build: their column on the board changed, or somebody said retry.
{% import "push/_macros.sql" as q with context %}
update {{ q.errors(level) }}
set NEXT_RETRY_AT = ?
where RESOLVED_AT is null
    and ERROR_CLASS = 'CELL'
    and NEXT_RETRY_AT is null
{% if "column" in filters %}    and COLUMN_NAME = ?
{% endif %}
{% if "batch" in filters %}    and BATCH_ID = ?
{% endif %}
{% if "customer" in filters %}    and {{ q.bin("upper(BATCH_CUSTOMER)") }} = upper(?)
{% endif %}
