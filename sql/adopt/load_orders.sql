-- The staged orders that have no item as far as the tables know.
{% import "push/_macros.sql" as q with context %}
{% import "adopt/_macros.sql" as a with context %}
insert into {{ a.temp("ADOPT_ORDERS") }} (
    ORDER_KEY, N_KEY, N_NUMBER, N_STYLE, N_COLOR, N_NAME, PO, ALT_PO, DELIVERY, DESTINATION, QTY
)
select
    s.ORDER_KEY, {{ a.norm("s.ORDER_KEY") }}, {{ a.norm('left(s."AAG ORDER NUMBER", 450)') }},
    {{ a.norm('left(s."STYLE", 450)') }}, {{ a.norm('left(s."COLOR", 450)') }}, {{ a.norm("s.ITEM_NAME") }},
{% for column in ["PO NUMBER", "CUSTOMER ALT PO", "PLANNED DELIVERY METHOD", "DESTINATION"] %}
    coalesce({{ a.norm("left(s." ~ quoted(column) ~ ", 450)") }}, ''),
{% endfor %}
    coalesce(z.QTY, 0)
from {{ table("STG_MON_CustMasterSchedule") }} as s
left join {{ table("MON_CustMasterSchedule") }} as m
    on m.ORDER_KEY = {{ q.bin("s.ORDER_KEY") }} and m.MONDAY_ITEM_ID is not null and m.ARCHIVED_AT is null
left join (
    select {{ q.bin("ORDER_KEY") }} as ORDER_KEY, cast(sum(ORDER_QTY) as bigint) as QTY
    from {{ table("STG_MON_CustMasterSchedule_Subitems") }}
    group by {{ q.bin("ORDER_KEY") }}
) as z on z.ORDER_KEY = {{ q.bin("s.ORDER_KEY") }}
where s.CHANGE_TYPE = 'CREATE' and m.ORDER_KEY is null
