-- Records the rows of a request.
{% import "push/_macros.sql" as q with context %}
insert into {{ table("MON_ApiRequestRows") }}
    (REQUEST_ID, ALIAS, LEVEL, ROW_KEY, ORDER_KEY, SIZE_LABEL, BATCH_ID, CHANGE_TYPE, ROW_HASH, ROW_VALUES)
select j.REQUEST_ID, j.ALIAS, j.LEVEL, j.ROW_KEY, j.ORDER_KEY, j.SIZE_LABEL, j.BATCH_ID, j.CHANGE_TYPE, j.ROW_HASH, j.ROW_VALUES
from {{ q.json_rows([
    ("REQUEST_ID", short(36)), ("ALIAS", short(10)), ("LEVEL", short(10)), ("ROW_KEY", short(400)), ("ORDER_KEY", short(255)),
    ("SIZE_LABEL", short(100)), ("BATCH_ID", short(64)), ("CHANGE_TYPE", short(20)), ("ROW_HASH", short(64)),
    ("ROW_VALUES", text)]) }} as j
