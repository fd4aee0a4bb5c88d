-- Items of ours that don't show their key. IS_TAKEN: another item does, so that writing it would make two.
{% import "push/_macros.sql" as q with context %}
{% import "adopt/_macros.sql" as a with context %}
select
    p.ORDER_KEY, p.ITEM_ID,
    case
        when exists (
            select 1
            from {{ a.temp("ADOPT_ITEMS") }} as o
            where o.N_KEY = {{ a.norm("p.ORDER_KEY") }} and o.ITEM_ID <> p.ITEM_ID
        ) then 1
        else 0
    end as IS_TAKEN
from {{ a.temp("ADOPT_PAIRS") }} as p
inner join {{ a.temp("ADOPT_ITEMS") }} as i on i.ITEM_ID = p.ITEM_ID
where p.MATCHED_BY <> 'ARCHIVED' and coalesce({{ q.bin("i.KEY_TEXT") }}, '') <> p.ORDER_KEY
order by p.ITEM_ID
