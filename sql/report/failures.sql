-- Failed attempts, the newest first, at most {{ most }} of a batch; FATE says whether the row comes back.
{% import "report/_macros.sql" as p with context %}
{% set yes, no = ("true", "false") if duckdb else ("1", "0") %}
with attempts as (
{% for level, name in [("ITEM", "ERR_MON_CustMasterSchedule"), ("SUBITEM", "ERR_MON_CustMasterSchedule_Subitems")] %}
    select
        '{{ level }}' as LEVEL,
        BATCH_ID, ERR_ID, ORDER_KEY,
        {{ "SIZE_LABEL" if level == "SUBITEM" else "cast(null as " ~ short(100) ~ ")" }} as SIZE_LABEL,
        GROUP_NAME, CHANGE_TYPE, STAGE, ERROR_CLASS, ERROR_CODE, ERROR_MESSAGE, HTTP_STATUS, ATTEMPT, CREATED_AT,
        RESOLVED_AT, RESOLVED_BY,
        case
            when RESOLVED_BY = 'retry' then 'DUE'
            when RESOLVED_AT is not null then 'RESOLVED'
            when RETRYABLE = {{ no }} then 'HELD'
            when MAX_RETRIES_REACHED = {{ yes }} then 'DEAD_LETTERED'
            else 'COMES_BACK'
        end as FATE
    from {{ table(name) }}
    where {{ p.shown("BATCH_ID", by) }} and ERROR_CLASS <> 'CELL'
{{ "    union all" if not loop.last }}
{% endfor %}
),

numbered as (
    select
        attempts.*,
        row_number() over (partition by BATCH_ID order by CREATED_AT desc, ORDER_KEY, SIZE_LABEL, ERR_ID) as NTH
    from attempts
)

{% if reasons %}
select
    BATCH_ID, LEVEL, ERROR_CLASS, ERROR_CODE, FATE,
    count(*) as ATTEMPTS,
    count(distinct concat(ORDER_KEY, '|', SIZE_LABEL)) as ROWS_FAILED,
    max(case when NTH = FIRST_NTH then ERROR_MESSAGE end) as ERROR_MESSAGE
from (
    select
        numbered.*,
        min(NTH) over (partition by BATCH_ID, LEVEL, ERROR_CLASS, ERROR_CODE, FATE) as FIRST_NTH
    from numbered
) as reasons
group by BATCH_ID, LEVEL, ERROR_CLASS, ERROR_CODE, FATE
order by count(*) desc, LEVEL, ERROR_CLASS, ERROR_CODE, FATE
{% else %}
select * from numbered where NTH <= {{ most }} order by NTH
{% endif %}
