-- Open errors by class, and how many rows they hold back.
{% for level, name, key in [("orders", "ERR_MON_CustMasterSchedule", "ORDER_KEY"), ("sizes", "ERR_MON_CustMasterSchedule_Subitems", "concat(ORDER_KEY, '|', SIZE_LABEL)")] %}
select
    '{{ level }}' as LEVEL_NAME, ERROR_CLASS, count(distinct {{ key }}) as ROWS_OPEN,
    count(distinct case when ERROR_CLASS <> 'CELL' and (RETRYABLE = {{ 'false' if duckdb else '0' }} or MAX_RETRIES_REACHED = {{ 'true' if duckdb else '1' }}) then {{ key }} end) as ROWS_HELD
from {{ table(name) }}
where RESOLVED_AT is null
group by ERROR_CLASS
{{ "union all" if not loop.last }}
{% endfor %}
