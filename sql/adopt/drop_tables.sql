-- Clears away what an earlier adoption on this connection left.
{% import "adopt/_macros.sql" as a with context %}
drop table if exists {{ a.temp(name) }}
