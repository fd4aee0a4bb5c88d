-- The ten newest open errors.
{% import "push/_macros.sql" as q with context %}
select {{ q.top(10) }}ORDER_KEY, SIZE_LABEL, ERROR_CLASS, ERROR_CODE, ERROR_MESSAGE, ATTEMPT, CREATED_AT
from (
    select ORDER_KEY, cast(null as {{ short(100) }}) as SIZE_LABEL, ERROR_CLASS, ERROR_CODE, ERROR_MESSAGE, ATTEMPT, CREATED_AT
    from {{ table("ERR_MON_CustMasterSchedule") }}
    where RESOLVED_AT is null and ERROR_CLASS <> 'CELL'
    union all
    select ORDER_KEY, SIZE_LABEL, ERROR_CLASS, ERROR_CODE, ERROR_MESSAGE, ATTEMPT, CREATED_AT
    from {{ table("ERR_MON_CustMasterSchedule_Subitems") }}
    where RESOLVED_AT is null and ERROR_CLASS <> 'CELL'
) as open_errors
order by CREATED_AT desc, ORDER_KEY, SIZE_LABEL
{{ q.limit(10) }}
