-- A page of the board's items, cells as text.
{% import "push/_macros.sql" as q with context %}
{% import "audit/_macros.sql" as a with context %}
{% set fields = [("ITEM_ID", bigint), ("CELL_KEY", short(255)), ("ITEM_NAME", text), ("GROUP_ID", short(255)), ("GROUP_NAME", text)] %}
{% set all = namespace(fields=fields) %}
{% for name, type in json_columns %}{% set all.fields = all.fields + [(name, text)] %}{% endfor %}
insert into {{ a.work("Items") }} (
    ITEM_ID, CELL_KEY, ITEM_NAME, GROUP_ID, GROUP_NAME{% for column, type, name in columns %},
    {{ column }}{% endfor %}

)
select
    j.ITEM_ID, j.CELL_KEY, j.ITEM_NAME, j.GROUP_ID, j.GROUP_NAME{% for column, type, name in columns %},
    j.{{ column }}{% endfor %}

from {{ q.json_rows(all.fields) }} as j
