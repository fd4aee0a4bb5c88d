-- Writes the outcome of each row of some requests.
{% import "push/_macros.sql" as q with context %}
update {{ table("MON_ApiRequestRows") }}
set OUTCOME = j.OUTCOME, MONDAY_ID = j.MONDAY_ID
from {{ q.json_rows([("REQUEST_ID", short(36)), ("ALIAS", short(10)), ("OUTCOME", short(20)), ("MONDAY_ID", short(255))]) }} as j
where {{ table("MON_ApiRequestRows") }}.REQUEST_ID = {{ q.bin("j.REQUEST_ID") }}
    and {{ table("MON_ApiRequestRows") }}.ALIAS = {{ q.bin("j.ALIAS") }}
