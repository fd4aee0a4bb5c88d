-- The findings in the order in which they are told.
{% import "audit/_macros.sql" as a with context %}
insert into {{ a.work("Report") }} (
    N, CLASS, LEVEL, ORDER_KEY, SIZE_LABEL, MONDAY_ID, COLUMN_NAME, CONFIRMED, ON_BOARD, NOTE, IS_OURS, CUSTOMER
)
select
    row_number() over (order by CLASS, LEVEL, ORDER_KEY, SIZE_LABEL, MONDAY_ID, COLUMN_NAME),
    CLASS, LEVEL, ORDER_KEY, SIZE_LABEL, MONDAY_ID, COLUMN_NAME, CONFIRMED, ON_BOARD, NOTE, IS_OURS, CUSTOMER
from {{ a.work("Found") }}
