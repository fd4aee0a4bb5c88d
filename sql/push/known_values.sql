-- Every value that a filter can mean, of the source as last built, of what is staged and of what is confirmed; beside a
-- customer's name the canonical one.
{% import "push/_macros.sql" as q with context %}
select distinct NAME, CANONICAL
from (
{% for place, name, canonical in places %}
    select {{ q.bin(name) }} as NAME, {{ q.bin(canonical) }} as CANONICAL from {{ table(place) }} where {{ name }} is not null
{{ "    union all" if not loop.last }}
{% endfor %}
) as known
