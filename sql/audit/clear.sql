-- Empties a working table.
{% import "audit/_macros.sql" as a with context %}
delete from {{ a.work(name) }}
