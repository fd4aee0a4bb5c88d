-- How many orders to create have an item on the board that the tables don't know. Read after the board was: an order
-- that another run has created meanwhile is confirmed or in its hands by now. Keys compare as in the adoption.
{% import "push/_macros.sql" as q with context %}
select count(distinct s.ORDER_KEY) as ORDERS
{{ q.items() }}
inner join {{ q.json_rows([("ITEM_ID", bigint), ("KEY_TEXT", short(450))]) }} as j
    on {{ q.norm("j.KEY_TEXT") }} = {{ q.norm(q.bin("s.ORDER_KEY")) }}
where {{ q.item_needs_work() }}
    and {{ q.is_creation() }}
    and {{ q.is_free() }}
    and not exists (select 1 from {{ table("MON_CustMasterSchedule") }} as k where k.MONDAY_ITEM_ID = j.ITEM_ID)
