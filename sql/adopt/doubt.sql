-- What a rule leads to one another without saying which belongs to which, after every refinement.
{% import "adopt/_macros.sql" as a with context %}
{% set names = a.compared(rule).split(",") %}
{% macro same(left, right) %}{% for name in names %}{{ left }}.{{ name }} = {{ right }}.{{ name }}{{ " and " if not loop.last }}{% endfor %}{% endmacro %}
{% macro listed(prefix) %}{% for name in names %}{{ prefix }}.{{ name }}{{ ", " if not loop.last }}{% endfor %}{% endmacro %}
with free_orders as (
    select o.ORDER_KEY, {{ listed("o") }}
    {{ a.free_orders() }}
),

free_items as (
    select i.ITEM_ID, {{ listed("i") }}
    {{ a.free_items(rule) }}
),

doubts as (
    select {{ listed("x") }}, x.ORDERS, y.ITEMS, y.DOUBT_ID
    from (select {{ listed("f") }}, count(*) as ORDERS from free_orders as f group by {{ listed("f") }}) as x
    inner join (
        select {{ listed("f") }}, count(*) as ITEMS, min(f.ITEM_ID) as DOUBT_ID from free_items as f group by {{ listed("f") }}
    ) as y on {{ same("x", "y") }}
)

insert into {{ a.temp("ADOPT_DOUBTS") }} (MATCHED_BY, DOUBT_ID, ORDERS, ITEMS, ORDER_KEY, ITEM_ID)
select '{{ rule }}', d.DOUBT_ID, d.ORDERS, d.ITEMS, f.ORDER_KEY, null
from doubts as d
inner join free_orders as f on {{ same("d", "f") }}
union all
select '{{ rule }}', d.DOUBT_ID, d.ORDERS, d.ITEMS, null, f.ITEM_ID
from doubts as d
inner join free_items as f on {{ same("d", "f") }}
