-- An adoption reads dbt's views of the pulled board into working tables, once: taking over changes what they say.

{% set _items, _taken, _taken_sizes = work("Adoption"), work("AdoptionOrders"), work("AdoptionSizes") %}

-- figures(): How much there is of everything.
select (select count(*) from {{ _taken }}) as ITEMS,
    (select count(*) from {{ _taken_sizes }} where IS_NEW = 1) as SUBITEMS,
    (select count(*) from {{ _taken_sizes }} where TWINS > 1) as DOUBLE_SUBITEMS,
    (select count(*) from {{ _taken }} where DIFFERING = '[]' and MATCHED_BY <> 'OWN_KEY') as EQUAL,
    count(*) - count(ITEM_ID) + (select count(*) from {{ _taken }} where MATCHED_BY <> 'OWN_KEY') as STAGED_ORDERS, count(ITEM_ID) as BOARD_ITEMS,
    count(case when MATCHED_BY = 'KNOWN' then 1 end) as KNOWN,
    count(case when DOUBT_ID is not null and ITEM_ID is null then 1 end) as AMBIGUOUS_ORDERS,
    count(case when DOUBT_ID is not null and ITEM_ID is not null then 1 end) as AMBIGUOUS_ITEMS
from {{ _items }}

-- orders(): What would be taken over: the columns that differ, as JSON.
select ORDER_KEY, ITEM_ID, MATCHED_BY, DIFFERING, BATCH_CUSTOMER from {{ _taken }} order by ITEM_ID

-- doubts(): Everything ambiguous, with names to recognise it by.
select DOUBT_ID, MATCHED_BY, DOUBT_ORDERS as ORDERS, DOUBT_ITEMS as ITEMS, ORDER_KEY, ITEM_ID, ITEM_NAME
from {{ _items }} where DOUBT_ID is not null
order by DOUBT_ID, MATCHED_BY, ORDER_KEY, ITEM_ID

-- unmatched(): Items that stand for no staged order, and what speaks against it.
select ITEM_ID, ITEM_NAME, REASON from {{ _items }} where ITEM_ID is not null and REASON is not null order by ITEM_ID

-- missing_keys(): Items of ours that don't show their key. IS_TAKEN: another item does; writing it makes two.
select p.ORDER_KEY, null as SIZE_LABEL, p.ITEM_ID as MONDAY_ID,
    case
        when exists (
            select 1 from {{ _items }} as o
            where {{ q.bin("upper(o.CELL_KEY)") }} = {{ q.bin("upper(p.ORDER_KEY)") }} and o.ITEM_ID <> p.ITEM_ID
        ) then 1 else 0
    end as IS_TAKEN
from {{ _items }} as p
where p.ITEM_ID is not null and p.ORDER_KEY is not null and p.MATCHED_BY <> 'ARCHIVED'
    and coalesce({{ q.bin("p.CELL_KEY") }}, '') <> p.ORDER_KEY
order by p.ITEM_ID

-- missing_labels(): Subitems of ours whose Size column is empty, so far known by their name alone.
select ORDER_KEY, SIZE_LABEL, SUBITEM_ID as MONDAY_ID, BOARD_ID from {{ _taken_sizes }} where IS_LABELLED = 0
order by SUBITEM_ID

-- claim(): Claims what is to be taken over, as a push would: what a push has in hand is left to it.
{% set rows %}
    select 'ITEM' as LEVEL, ORDER_KEY as ROW_KEY from {{ _taken }}
    union
    select 'SUBITEM', concat(ORDER_KEY, '|', SIZE_LABEL) from {{ _taken_sizes }} where IS_NEW = 1
{% endset %}
{{ q.claim(rows) }}

-- leave_held_orders(claimed=true): Drops from the plan what another run has in hand, or confirmed since the plan was
-- made; `claimed`: all but what we have claimed.
delete from {{ _taken }}
where {{ "not " if claimed }}{{ q.in_hand("'ITEM'", q.row_key("ITEM", _taken), ours=claimed) }}
    or exists (
        select 1 from {{ _orders }} as m
        where m.MONDAY_ITEM_ID is not null and m.ARCHIVED_AT is null
            and (m.ORDER_KEY = {{ q.bin(_taken ~ ".ORDER_KEY") }} or m.MONDAY_ITEM_ID = {{ _taken }}.ITEM_ID)
    )

-- leave_held_items(): Drops the items whose order is left to another run, so that nobody writes a key for it.
delete from {{ _items }}
where MATCHED_BY <> 'KNOWN' and ITEM_ID is not null and ORDER_KEY is not null
    and not exists (select 1 from {{ _taken }} as p where p.ITEM_ID = {{ _items }}.ITEM_ID)

-- leave_held_sizes(claimed=true): Drops sizes that another run has in hand, and those of items that are not taken over
-- after all.
delete from {{ _taken_sizes }}
where IS_NEW = 1
    and (
        {{ "not " if claimed }}{{ q.in_hand("'SUBITEM'", q.row_key("SUBITEM", _taken_sizes), ours=claimed) }}
        or not exists (
            select 1 from {{ _items }} as p
            where p.ITEM_ID = {{ _taken_sizes }}.ITEM_ID and {{ q.same(q.keys.ITEM, "p", _taken_sizes) }}
        )
    )

-- forget_orders(): What is known of orders whose item is gone makes way for the item that was found.
delete from {{ _orders }} where ORDER_KEY in (select {{ q.bin("t.ORDER_KEY") }} from {{ _taken }} as t)

-- insert_orders(): Orders taken over, with what their items show.
{% set own = 'ORDER_KEY, ROW_HASH, ITEM_NAME, GROUP_NAME, BATCH_CUSTOMER, SOURCE_CUSTOMER, "TOTAL QTY"'.split(", ") %}
{% set fields = own + (columns | map("first") | list) %}
insert into {{ _orders }} (
    {{ fields | join(", ") }}, MONDAY_ITEM_ID, MONDAY_GROUP_ID, MONDAY_BOARD_ID, BATCH_ID, FIRST_PUSHED_AT,
    LAST_PUSHED_AT
)
select t.{{ fields | join(", t.") }}, t.ITEM_ID, t.GROUP_ID, ?, ?, ?, ? from {{ _taken }} as t

-- forget_sizes(): What is known of sizes whose subitem is gone makes way for the subitem that was found.
delete from {{ _sizes }}
where exists (select 1 from {{ _taken_sizes }} as t where t.IS_NEW = 1 and {{ q.same(q.keys.SUBITEM, _sizes, "t") }})

-- insert_sizes(): Sizes taken over, with what their subitems show.
insert into {{ _sizes }} (
    ORDER_KEY, SIZE_LABEL, ORDER_QTY, MONDAY_SUBITEM_ID, MONDAY_PARENT_ITEM_ID, MONDAY_SUBITEM_BOARD_ID, BATCH_ID,
    FIRST_PUSHED_AT, LAST_PUSHED_AT
)
select t.ORDER_KEY, t.SIZE_LABEL, t.ORDER_QTY, t.SUBITEM_ID, t.ITEM_ID, t.BOARD_ID, ?, ?, ?
from {{ _taken_sizes }} as t where t.IS_NEW = 1
