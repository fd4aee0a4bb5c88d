{% import "_macros.sql" as q %}
{% set _orders = table("MON_CustMasterSchedule") %}
{% set _sizes = table("MON_CustMasterSchedule_Subitems") %}
{% set _claims = table("MON_RowClaims") %}
{% set _fields = ["ROW_HASH", "ITEM_NAME", "GROUP_NAME", "BATCH_CUSTOMER", "SOURCE_CUSTOMER", quoted("TOTAL QTY")] + (columns | map(attribute=0) | list) %}

{# An adoption reads what dbt's views say of the pulled board, once, into working tables that live as long as the connection:
   taking over changes what the views say. #}

{% macro _work(name) %}{{ "ADOPT_" if duckdb else "#ADOPT_" }}{{ name }}{% endmacro %}

{% macro take(name) %}{# Reads a view into a working table. #}
{% set view = table({"Items": "STG_MON_Adoption", "Orders": "STG_MON_AdoptionOrders", "Sizes": "STG_MON_AdoptionSizes"}[name]) %}
{% if duckdb %}
create temp table {{ _work(name) }} as select v.* from {{ view }} as v
{% else %}
select v.* into {{ _work(name) }} from {{ view }} as v
{% endif %}
{% endmacro %}

{% macro figures() %}{# How much there is of everything. #}
select
    (select count(*) from {{ _work("Items") }} where ITEM_ID is not null) as BOARD_ITEMS,
    (select count(*) from {{ _work("Items") }} where MATCHED_BY = 'KNOWN') as KNOWN_ITEMS,
    (select count(*) from {{ _work("Orders") }}) as TAKEN_ITEMS,
    (select count(*) from {{ _work("Sizes") }} where IS_NEW = 1) as TAKEN_SIZES,
    (select count(*) from {{ _work("Sizes") }} where TWINS > 1) as DOUBLE_SIZES,
    (select count(*) from {{ _work("Items") }} where DOUBT_ID is not null and ITEM_ID is null) as DOUBTFUL_ORDERS,
    (select count(*) from {{ _work("Items") }} where DOUBT_ID is not null and ITEM_ID is not null) as DOUBTFUL_ITEMS,
    (select count(*) from {{ _work("Items") }} where ITEM_ID is null) + (select count(*) from {{ _work("Orders") }}) as STAGED_ORDERS
{% endmacro %}

{% macro by_customer() %}{# What would be taken over, by customer and rule. #}
select min(BATCH_CUSTOMER) as BATCH_CUSTOMER, MATCHED_BY, count(*) as ITEMS
from {{ _work("Orders") }}
group by {{ q.bin("BATCH_CUSTOMER") }}, MATCHED_BY
order by 1, 2
{% endmacro %}

{% macro orders() %}{# What would be taken over: the columns that differ, as JSON. #}
select ORDER_KEY, ITEM_ID, MATCHED_BY, DIFFERING from {{ _work("Orders") }} order by ITEM_ID
{% endmacro %}

{% macro doubts() %}{# Everything ambiguous, with names to recognise it by. #}
select DOUBT_ID, MATCHED_BY, DOUBT_ORDERS as ORDERS, DOUBT_ITEMS as ITEMS, ORDER_KEY, ITEM_ID, ITEM_NAME, BATCH_CUSTOMER
from {{ _work("Items") }}
where DOUBT_ID is not null
order by DOUBT_ID, ORDER_KEY, ITEM_ID
{% endmacro %}

{% macro unmatched() %}{# Items that stand for no staged order, and what speaks against it. #}
select ITEM_ID, ITEM_NAME, REASON
from {{ _work("Items") }}
where ITEM_ID is not null and REASON is not null
order by ITEM_ID
{% endmacro %}

{# Items of ours that don't show their key. IS_TAKEN: another item does, so that writing it would make two. #}
{% macro missing_keys() %}
select p.ORDER_KEY, p.ITEM_ID,
    case
        when exists (
            select 1
            from {{ _work("Items") }} as o
            where {{ q.bin("upper(o.CELL_KEY)") }} = {{ q.bin("upper(p.ORDER_KEY)") }} and o.ITEM_ID <> p.ITEM_ID
        ) then 1
        else 0
    end as IS_TAKEN
from {{ _work("Items") }} as p
where p.ITEM_ID is not null and p.ORDER_KEY is not null and p.MATCHED_BY <> 'ARCHIVED'
    and coalesce({{ q.bin("p.CELL_KEY") }}, '') <> p.ORDER_KEY
order by p.ITEM_ID
{% endmacro %}

{% macro missing_labels() %}{# Subitems of ours whose Size column is empty, so far known by their name alone. #}
select ORDER_KEY, SIZE_LABEL, SUBITEM_ID, BOARD_ID from {{ _work("Sizes") }} where IS_LABELLED = 0 order by SUBITEM_ID
{% endmacro %}

{% macro claim() %}{# Claims what is to be taken over, as a push would: what a push has in hand is left to it. #}
insert into {{ _claims }} (LEVEL, ROW_KEY, REQUEST_ID, WORKER, LEASE_UNTIL)
select r.LEVEL, r.ROW_KEY, ?, ?, ?
from (
    select 'ITEM' as LEVEL, ORDER_KEY as ROW_KEY from {{ _work("Orders") }}
    union
    select 'SUBITEM', concat(ORDER_KEY, '|', SIZE_LABEL) from {{ _work("Sizes") }} where IS_NEW = 1
) as r
where not exists (select 1 from {{ _claims }} as c where c.LEVEL = {{ q.bin("r.LEVEL") }} and c.ROW_KEY = {{ q.bin("r.ROW_KEY") }})
{% endmacro %}

{# Drops from the plan what another run has in hand, or confirmed since the plan was made. #}
{% macro leave_held_orders() %}
delete from {{ _work("Orders") }}
where not exists (
        select 1
        from {{ _claims }} as c
        where c.LEVEL = 'ITEM' and c.ROW_KEY = {{ q.bin(_work("Orders") ~ ".ORDER_KEY") }} and c.REQUEST_ID = ?
    )
    or exists (
        select 1
        from {{ _orders }} as m
        where m.MONDAY_ITEM_ID is not null and m.ARCHIVED_AT is null
            and (m.ORDER_KEY = {{ q.bin(_work("Orders") ~ ".ORDER_KEY") }} or m.MONDAY_ITEM_ID = {{ _work("Orders") }}.ITEM_ID)
    )
{% endmacro %}

{# Drops the items whose order is left to another run, so that nobody writes a key for it. #}
{% macro leave_held_items() %}
delete from {{ _work("Items") }}
where MATCHED_BY <> 'KNOWN' and ITEM_ID is not null and ORDER_KEY is not null
    and not exists (select 1 from {{ _work("Orders") }} as p where p.ITEM_ID = {{ _work("Items") }}.ITEM_ID)
{% endmacro %}

{# Drops sizes that another run has in hand, and those of items that are not taken over after all. #}
{% macro leave_held_sizes() %}
delete from {{ _work("Sizes") }}
where IS_NEW = 1
    and (
        not exists (
            select 1
            from {{ _claims }} as c
            where c.LEVEL = 'SUBITEM' and c.REQUEST_ID = ?
                and c.ROW_KEY = {{ q.bin("concat(" ~ _work("Sizes") ~ ".ORDER_KEY, '|', " ~ _work("Sizes") ~ ".SIZE_LABEL)") }}
        )
        or not exists (
            select 1
            from {{ _work("Items") }} as p
            where p.ITEM_ID = {{ _work("Sizes") }}.ITEM_ID and p.ORDER_KEY = {{ q.bin(_work("Sizes") ~ ".ORDER_KEY") }}
        )
    )
{% endmacro %}

{% macro update_orders() %}{# Orders that had an item before, now gone: they get the one that was found, with what it shows. #}
update {{ _orders }}
set {% for field in _fields %}{{ field }} = t.{{ field }}, {% endfor %}

    MONDAY_ITEM_ID = t.ITEM_ID, MONDAY_GROUP_ID = t.GROUP_ID, MONDAY_BOARD_ID = ?, BATCH_ID = ?, FIRST_PUSHED_AT = ?,
    LAST_PUSHED_AT = ?, ARCHIVED_AT = null
from {{ _work("Orders") }} as t
where {{ _orders }}.ORDER_KEY = {{ q.bin("t.ORDER_KEY") }}
{% endmacro %}

{% macro insert_orders() %}{# Orders taken over, with what their items show. #}
insert into {{ _orders }} (
    ORDER_KEY, {{ _fields | join(", ") }}, MONDAY_ITEM_ID, MONDAY_GROUP_ID, MONDAY_BOARD_ID, BATCH_ID, FIRST_PUSHED_AT,
    LAST_PUSHED_AT
)
select t.ORDER_KEY{% for field in _fields %}, t.{{ field }}{% endfor %}, t.ITEM_ID, t.GROUP_ID, ?, ?, ?, ?
from {{ _work("Orders") }} as t
where not exists (select 1 from {{ _orders }} as m where m.ORDER_KEY = {{ q.bin("t.ORDER_KEY") }})
{% endmacro %}

{# Sizes that had a subitem before, now gone: they get the one that was found, with what it shows. #}
{% macro update_sizes() %}
update {{ _sizes }}
set ORDER_QTY = t.ORDER_QTY,
    MONDAY_SUBITEM_ID = t.SUBITEM_ID, MONDAY_PARENT_ITEM_ID = t.ITEM_ID, MONDAY_SUBITEM_BOARD_ID = t.BOARD_ID,
    BATCH_ID = ?, FIRST_PUSHED_AT = ?, LAST_PUSHED_AT = ?
from {{ _work("Sizes") }} as t
where {{ _sizes }}.ORDER_KEY = {{ q.bin("t.ORDER_KEY") }} and {{ _sizes }}.SIZE_LABEL = {{ q.bin("t.SIZE_LABEL") }} and t.IS_NEW = 1
{% endmacro %}

{% macro insert_sizes() %}{# Sizes taken over, with what their subitems show. #}
insert into {{ _sizes }} (
    ORDER_KEY, SIZE_LABEL, ORDER_QTY, MONDAY_SUBITEM_ID, MONDAY_PARENT_ITEM_ID, MONDAY_SUBITEM_BOARD_ID, BATCH_ID,
    FIRST_PUSHED_AT, LAST_PUSHED_AT
)
select t.ORDER_KEY, t.SIZE_LABEL, t.ORDER_QTY, t.SUBITEM_ID, t.ITEM_ID, t.BOARD_ID, ?, ?, ?
from {{ _work("Sizes") }} as t
where t.IS_NEW = 1
    and not exists (
        select 1
        from {{ _sizes }} as k
        where k.ORDER_KEY = {{ q.bin("t.ORDER_KEY") }} and k.SIZE_LABEL = {{ q.bin("t.SIZE_LABEL") }}
    )
{% endmacro %}

{% macro release() %}{# Gives the claims up, in the transaction that took them. #}
delete from {{ _claims }} where REQUEST_ID = ?
{% endmacro %}
