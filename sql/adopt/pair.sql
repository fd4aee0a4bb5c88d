-- One rule at one level: order and item that are each other's only match belong together.
{% import "adopt/_macros.sql" as a with context %}
{% set names = (a.compared(rule) ~ "," ~ a.refinements(level)).strip(",").split(",") %}
insert into {{ a.temp("ADOPT_PAIRS") }} (ORDER_KEY, ITEM_ID, MATCHED_BY)
select x.ORDER_KEY, y.ITEM_ID, '{{ rule }}'
from (
    select min(o.ORDER_KEY) as ORDER_KEY{% for name in names %}, o.{{ name }}{% endfor %}

    {{ a.free_orders() }}
    group by {% for name in names %}o.{{ name }}{{ ", " if not loop.last }}{% endfor %}

    having count(*) = 1
) as x
inner join (
    select min(i.ITEM_ID) as ITEM_ID{% for name in names %}, i.{{ name }}{% endfor %}

    {{ a.free_items(rule) }}
    group by {% for name in names %}i.{{ name }}{{ ", " if not loop.last }}{% endfor %}

    having count(*) = 1
) as y on {% for name in names %}x.{{ name }} = y.{{ name }}{{ " and " if not loop.last }}{% endfor %}

