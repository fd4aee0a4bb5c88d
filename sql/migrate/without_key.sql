-- How many rows have an id from Monday, but not the whole key that says whose it is (no columns: none has one).
select count(*) as WITHOUT_KEY
from {{ target }}
where {{ id }} is not null
{% if columns %}
    and ({% for column in columns %}{{ column }} is null{{ " or " if not loop.last }}{% endfor %})
{% endif %}
