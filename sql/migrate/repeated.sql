-- How many values of these columns stand in several rows; rows in which one of them is null don't count.
select count(*) as REPEATED
from (
    select {{ columns | join(", ") }}
    from {{ target }}
    where {% for column in columns %}{{ column }} is not null{{ " and " if not loop.last }}{% endfor %}

    group by {{ columns | join(", ") }}
    having count(*) > 1
) as doubles
