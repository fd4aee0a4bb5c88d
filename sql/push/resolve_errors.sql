-- Closes the open errors of rows that got through.
{% import "push/_macros.sql" as q with context %}
{% import "push/_settled.sql" as s with context %}
{% set target = q.errors(level) %}
update {{ target }}
set RESOLVED_AT = ?, RESOLVED_BY = ?
from {{ s.rows([("_monday_id", bigint)]) }} as c
where {{ target }}.RESOLVED_AT is null and c.LEVEL = '{{ level }}' and c.OUTCOME in ('OK', 'ADOPTED')
    and {{ target }}.ORDER_KEY = {{ q.bin("c.ORDER_KEY") }}{% if level == "SUBITEM" %} and {{ target }}.SIZE_LABEL = {{ q.bin("c.SIZE_LABEL") }}{% endif %}

