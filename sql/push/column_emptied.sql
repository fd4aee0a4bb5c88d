-- Columns stand under other ids on the board: one that is new there is empty, one that another field had shows that field's
-- values, and the next build stages what they should show. The new hash differs from every order's, and is what the staged
-- list of changed columns is then based on. moves: the column, and the one whose values it shows (none: it is empty).
update {{ table("MON_CustMasterSchedule") }}
set
{% for column, shows in moves %}
    {{ quoted(column) }} = {{ quoted(shows) if shows else "null" }},
{% endfor %}
    ROW_HASH = ?
where {% for column, shows in moves %}{{ " or " if not loop.first }}{{ quoted(column) }} is not null{% if shows %} or {{ quoted(shows) }} is not null{% endif %}{% endfor %}

