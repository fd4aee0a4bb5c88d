-- Cells that were left blank, by batch and column.
{% import "report/_macros.sql" as p with context %}
{% import "push/_macros.sql" as q with context %}
select
    BATCH_ID, LEVEL, COLUMN_NAME, ERROR_CODE, count(*) as CELLS,
    sum(case when RESOLVED_AT is null then 0 else 1 end) as CELLS_MENDED, min(ERROR_MESSAGE) as ERROR_MESSAGE
from (
{% for level in ["ITEM", "SUBITEM"] %}
    select '{{ level }}' as LEVEL, BATCH_ID, COLUMN_NAME, ERROR_CODE, ERROR_MESSAGE, RESOLVED_AT
    from {{ q.errors(level) }}
    where {{ p.shown("BATCH_ID", by) }} and ERROR_CLASS = 'CELL'
    {{ "union all" if not loop.last }}
{% endfor %}
) as left_out
group by BATCH_ID, LEVEL, COLUMN_NAME, ERROR_CODE
order by BATCH_ID, LEVEL, COLUMN_NAME, ERROR_CODE
