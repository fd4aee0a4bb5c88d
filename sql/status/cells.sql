-- Cells that were left blank, by column.
{% import "push/_macros.sql" as q with context %}
select
    LEVEL_NAME, COLUMN_NAME, count(*) as CELLS, sum(IS_DUE) as CELLS_DUE, count(distinct ERROR_CODE) as REASONS,
    min(ERROR_MESSAGE) as EXAMPLE
from (
{% for level, name in [("ITEM", "orders"), ("SUBITEM", "sizes")] %}
    select
        '{{ name }}' as LEVEL_NAME, COLUMN_NAME, ERROR_CODE, ERROR_MESSAGE,
        case when NEXT_RETRY_AT is null then 0 else 1 end as IS_DUE
    from {{ q.errors(level) }}
    where RESOLVED_AT is null and ERROR_CLASS = 'CELL'
    {{ "union all" if not loop.last }}
{% endfor %}
) as left_out
group by LEVEL_NAME, COLUMN_NAME
order by LEVEL_NAME, COLUMN_NAME
