-- Rows that are neither staged nor on the board as they are: refused or tried in vain, left-out cells, rejected by the
-- build. A row whose data or mapping has changed since is staged, and waits for nothing.
{% import "push/_macros.sql" as q with context %}
{% macro of_customer(alias) %}
{% if customers %}
    and ({% for at in range(customers) %}{{ " or " if at }}{{ q.bin("upper(" ~ alias ~ ".BATCH_CUSTOMER)") }} = upper(?){% endfor %})
{% endif %}
{% endmacro %}
{% for level, errors, staged, key in [
    ("ITEM", "ERR_MON_CustMasterSchedule", "STG_MON_CustMasterSchedule", "e.ORDER_KEY"),
    ("SUBITEM", "ERR_MON_CustMasterSchedule_Subitems", "STG_MON_CustMasterSchedule_Subitems", "concat(e.ORDER_KEY, '|', e.SIZE_LABEL)"),
] %}
select
    '{{ level }}' as KIND,
    count(distinct case when e.ERROR_CLASS <> 'CELL' then {{ key }} end) as ROWS_HELD,
    count(case when e.ERROR_CLASS = 'CELL' then 1 end) as CELLS_BLANK
from {{ table(errors) }} as e
where e.RESOLVED_AT is null
    and (e.RETRYABLE = {{ 'false' if duckdb else '0' }} or e.MAX_RETRIES_REACHED = {{ 'true' if duckdb else '1' }})
    and not exists (
        select 1
        from {{ table(staged) }} as s
        where {{ q.bin("s.ORDER_KEY") }} = e.ORDER_KEY
            and (s.ROW_HASH <> e.ROW_HASH or s.MAPPING_HASH <> e.MAPPING_HASH)
{% if level == "SUBITEM" %}
            and {{ q.bin("s.SIZE_LABEL") }} = e.SIZE_LABEL
{% endif %}
    )
{{ of_customer("e") }}
union all
{% endfor %}
select 'REJECTED', count(*), 0
from {{ table("STG_MON_RejectedOrders") }} as r
where 1 = 1
{{ of_customer("r") }}
