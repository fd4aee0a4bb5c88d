{% import "_macros.sql" as q %}
{% set _orders = table("MON_CustMasterSchedule") %}
{% set _sizes = table("MON_CustMasterSchedule_Subitems") %}
{% set _claims = table("MON_RowClaims") %}
{% set _staged = table("STG_MON_CustMasterSchedule") %}
{% set _staged_sizes = table("STG_MON_CustMasterSchedule_Subitems") %}

{# Building blocks of the adoption: temporary tables of one connection, and how texts of board and database compare. #}

{% macro _temp(name) %}{{ name if duckdb else "#" ~ name }}{% endmacro %}

{# The order number, style and colour say which order an item is; the rest tells orders apart that share these. #}
{% macro _refinements(level) -%}
{{ ([], ["PO"], ["PO", "ALT_PO"], ["PO", "ALT_PO", "DELIVERY", "DESTINATION"],
    ["PO", "ALT_PO", "DELIVERY", "DESTINATION", "QTY"])[level] | join(",") }}
{%- endmacro %}

{% macro _compared(rule) -%}{# Columns that a rule compares; none of them may be null. #}
{{ {"KEY": "N_KEY", "NUMBER": "N_NUMBER,N_STYLE,N_COLOR", "NAME_AND_NUMBER": "N_NAME,N_NUMBER", "NAME": "N_NAME"}[rule] }}
{%- endmacro %}

{% macro _free_orders() %}{# Orders that no rule has spoken for yet. #}
from {{ _temp("ADOPT_ORDERS") }} as o
where not exists (select 1 from {{ _temp("ADOPT_PAIRS") }} as p where p.ORDER_KEY = o.ORDER_KEY)
    and not exists (select 1 from {{ _temp("ADOPT_DOUBTS") }} as d where d.ORDER_KEY = o.ORDER_KEY)
{% endmacro %}

{# Items that no rule has spoken for yet. One that carries a key is what its key says, and nothing else; a name alone
   speaks only where the board has no order number that could say otherwise. #}
{% macro _free_items(rule) %}
from {{ _temp("ADOPT_ITEMS") }} as i
where not exists (select 1 from {{ _temp("ADOPT_PAIRS") }} as p where p.ITEM_ID = i.ITEM_ID)
    and not exists (select 1 from {{ _temp("ADOPT_DOUBTS") }} as d where d.ITEM_ID = i.ITEM_ID)
    and i.N_KEY is {{ "not null" if rule == "KEY" else "null" }}
{% if rule == "NAME" %}
    and i.N_NUMBER is null
{% endif %}
{% endmacro %}

{% macro claim_orders() %}{# Claims the orders to take over, as a push would: what a push has in hand is left to it. #}
insert into {{ _claims }} (LEVEL, ROW_KEY, REQUEST_ID, WORKER, LEASE_UNTIL)
select 'ITEM', p.ORDER_KEY, ?, ?, ?
from {{ _temp("ADOPT_PAIRS") }} as p
where p.MATCHED_BY not in ('KNOWN', 'ARCHIVED')
    and not exists (select 1 from {{ _claims }} as c where c.LEVEL = 'ITEM' and c.ROW_KEY = p.ORDER_KEY)
{% endmacro %}

{% macro claim_sizes() %}{# Claims the sizes to take over. #}
insert into {{ _claims }} (LEVEL, ROW_KEY, REQUEST_ID, WORKER, LEASE_UNTIL)
select 'SUBITEM', concat(t.ORDER_KEY, '|', t.SIZE_LABEL), ?, ?, ?
from {{ _temp("ADOPT_TAKEN_SIZES") }} as t
where not exists (
    select 1
    from {{ _claims }} as c
    where c.LEVEL = 'SUBITEM' and c.ROW_KEY = concat(t.ORDER_KEY, '|', t.SIZE_LABEL)
)
{% endmacro %}

{% macro count_pairs() %}{# What would be taken over, by customer and rule. #}
select min(s.BATCH_CUSTOMER) as BATCH_CUSTOMER, p.MATCHED_BY, count(*) as ITEMS
from {{ _temp("ADOPT_PAIRS") }} as p
inner join {{ _staged }} as s on {{ q.bin("s.ORDER_KEY") }} = p.ORDER_KEY
where p.MATCHED_BY not in ('KNOWN', 'ARCHIVED')
group by {{ q.bin("s.BATCH_CUSTOMER") }}, p.MATCHED_BY
order by 1, 2
{% endmacro %}

{% macro create_table(name) %}{# Make a working table, gone with the connection. #}
create {{ "temp " if duckdb }}table {{ _temp(name) }} (
{% if name == "ADOPT_DOUBTS" %}{# Orders and items that a rule leads to one another, but not one to one: nothing is taken over here. #}
    MATCHED_BY {{ short(20) }} not null, DOUBT_ID {{ bigint }} not null, ORDERS {{ integer }} not null,
    ITEMS {{ integer }} not null, ORDER_KEY {{ key(255) }} null, ITEM_ID {{ bigint }} null
{% elif name == "ADOPT_ITEMS" %}{# The items of the board, with what they are recognised by (N_ columns: as compared) and their cells as JSON. #}
    ITEM_ID {{ bigint }} not null, ITEM_NAME {{ short(255) }} null, GROUP_ID {{ short(255) }} null,
    KEY_TEXT {{ text }} null, N_KEY {{ key(450) }} null, N_NUMBER {{ key(450) }} null, N_STYLE {{ key(450) }} null,
    N_COLOR {{ key(450) }} null, N_NAME {{ key(450) }} null, PO {{ key(450) }} not null,
    ALT_PO {{ key(450) }} not null, DELIVERY {{ key(450) }} not null, DESTINATION {{ key(450) }} not null,
    QTY {{ bigint }} not null, CELLS {{ text }} not null
{% elif name == "ADOPT_ORDERS" %}{# Staged orders without an item, as compared with the board's items. #}
    ORDER_KEY {{ key(255) }} not null, N_KEY {{ key(450) }} null, N_NUMBER {{ key(450) }} null,
    N_STYLE {{ key(450) }} null, N_COLOR {{ key(450) }} null, N_NAME {{ key(450) }} null, PO {{ key(450) }} not null,
    ALT_PO {{ key(450) }} not null, DELIVERY {{ key(450) }} not null, DESTINATION {{ key(450) }} not null,
    QTY {{ bigint }} not null
{% elif name == "ADOPT_PAIRS" %}{# Which item stands for which order, and by which rule. KNOWN: the tables hold it already. #}
    ORDER_KEY {{ key(255) }} not null, ITEM_ID {{ bigint }} not null, MATCHED_BY {{ short(20) }} not null
{% elif name == "ADOPT_SIZES" %}{# The subitems of the board that stand for a size. #}
    SUBITEM_ID {{ bigint }} not null, ITEM_ID {{ bigint }} not null, BOARD_ID {{ bigint }} null,
    LABEL {{ key(100) }} not null, QTY {{ bigint }} null, IS_LABELLED {{ integer }} not null
{% elif name == "ADOPT_TAKEN_SIZES" %}{# Which subitem stands for which size of an order. #}
    ORDER_KEY {{ key(255) }} not null, SIZE_LABEL {{ key(100) }} not null, SUBITEM_ID {{ bigint }} not null,
    ITEM_ID {{ bigint }} not null, BOARD_ID {{ bigint }} null, QTY {{ bigint }} null, TWINS {{ integer }} not null
{% endif %}
)
{% endmacro %}

{# What a rule leads to one another without saying which belongs to which, after every refinement. #}
{% macro doubt(rule) %}
{% set names = _compared(rule).split(",") %}
{% macro same(left, right) %}{% for name in names %}{{ left }}.{{ name }} = {{ right }}.{{ name }}{{ " and " if not loop.last }}{% endfor %}{% endmacro %}
{% macro listed(prefix) %}{% for name in names %}{{ prefix }}.{{ name }}{{ ", " if not loop.last }}{% endfor %}{% endmacro %}
with free_orders as (select o.ORDER_KEY, {{ listed("o") }} {{ _free_orders() }}),

free_items as (select i.ITEM_ID, {{ listed("i") }} {{ _free_items(rule) }}),

doubts as (
    select {{ listed("x") }}, x.ORDERS, y.ITEMS, y.DOUBT_ID
    from (select {{ listed("f") }}, count(*) as ORDERS from free_orders as f group by {{ listed("f") }}) as x
    inner join (
        select {{ listed("f") }}, count(*) as ITEMS, min(f.ITEM_ID) as DOUBT_ID from free_items as f group by {{ listed("f") }}
    ) as y on {{ same("x", "y") }}
)

insert into {{ _temp("ADOPT_DOUBTS") }} (MATCHED_BY, DOUBT_ID, ORDERS, ITEMS, ORDER_KEY, ITEM_ID)
select '{{ rule }}', d.DOUBT_ID, d.ORDERS, d.ITEMS, f.ORDER_KEY, null
from doubts as d
inner join free_orders as f on {{ same("d", "f") }}
union all
select '{{ rule }}', d.DOUBT_ID, d.ORDERS, d.ITEMS, null, f.ITEM_ID
from doubts as d
inner join free_items as f on {{ same("d", "f") }}
{% endmacro %}

{% macro doubts() %}{# Everything ambiguous, with names to recognise it by. #}
select d.DOUBT_ID, d.MATCHED_BY, d.ORDERS, d.ITEMS, d.ORDER_KEY, d.ITEM_ID, coalesce(i.ITEM_NAME, s.ITEM_NAME) as ITEM_NAME,
    s.BATCH_CUSTOMER
from {{ _temp("ADOPT_DOUBTS") }} as d
left join {{ _temp("ADOPT_ITEMS") }} as i on i.ITEM_ID = d.ITEM_ID
left join {{ _staged }} as s on {{ q.bin("s.ORDER_KEY") }} = d.ORDER_KEY
order by d.DOUBT_ID, d.ORDER_KEY, d.ITEM_ID
{% endmacro %}

{% macro drop_tables(name) %}{# Clears away what an earlier adoption on this connection left. #}
drop table if exists {{ _temp(name) }}
{% endmacro %}

{% macro figures() %}{# How much there is of everything. #}
select (select count(*) from {{ _temp("ADOPT_ITEMS") }}) as BOARD_ITEMS,
    (select count(*) from {{ _temp("ADOPT_ORDERS") }}) as STAGED_ORDERS,
    (select count(*) from {{ _temp("ADOPT_PAIRS") }} where MATCHED_BY = 'KNOWN') as KNOWN_ITEMS,
    (select count(*) from {{ _temp("ADOPT_PAIRS") }} where MATCHED_BY not in ('KNOWN', 'ARCHIVED')) as TAKEN_ITEMS,
    (select count(*) from {{ _temp("ADOPT_TAKEN_SIZES") }}) as TAKEN_SIZES,
    (select count(*) from {{ _temp("ADOPT_TAKEN_SIZES") }} where TWINS > 1) as DOUBLE_SIZES,
    (select count(*) from {{ _temp("ADOPT_DOUBTS") }} where ORDER_KEY is not null) as DOUBTFUL_ORDERS,
    (select count(*) from {{ _temp("ADOPT_DOUBTS") }} where ITEM_ID is not null) as DOUBTFUL_ITEMS
{% endmacro %}

{% macro insert_orders() %}{# Orders taken over, with what their items show. #}
{% set fields = [
    ("ORDER_KEY", short(255)), ("ROW_HASH", short(64)), ("ITEM_NAME", short(255)), ("GROUP_NAME", short(255)),
    ("BATCH_CUSTOMER", short(255)), ("SOURCE_CUSTOMER", short(255)), ("TOTAL QTY", integer), ("MONDAY_ITEM_ID", bigint),
    ("MONDAY_GROUP_ID", short(255))] + json_columns %}
insert into {{ _orders }} (
    ORDER_KEY, ROW_HASH, ITEM_NAME, GROUP_NAME, BATCH_CUSTOMER, SOURCE_CUSTOMER,
{% for column, type, name in columns %}
    {{ column }},
{% endfor %}
    "TOTAL QTY", MONDAY_ITEM_ID, MONDAY_GROUP_ID, MONDAY_BOARD_ID, BATCH_ID, FIRST_PUSHED_AT, LAST_PUSHED_AT
)
select j.ORDER_KEY, j.ROW_HASH, j.ITEM_NAME, j.GROUP_NAME, j.BATCH_CUSTOMER, j.SOURCE_CUSTOMER,
{% for column, type, name in columns %}
    j.{{ column }},
{% endfor %}
    j."TOTAL QTY", j.MONDAY_ITEM_ID, j.MONDAY_GROUP_ID, ?, ?, ?, ?
from {{ q.json_rows(fields) }} as j
where not exists (select 1 from {{ _orders }} as m where m.ORDER_KEY = {{ q.bin("j.ORDER_KEY") }})
{% endmacro %}

{% macro insert_sizes() %}{# Sizes taken over, with what their subitems show. #}
insert into {{ _sizes }} (
    ORDER_KEY, SIZE_LABEL, ORDER_QTY, MONDAY_SUBITEM_ID, MONDAY_PARENT_ITEM_ID, MONDAY_SUBITEM_BOARD_ID, BATCH_ID,
    FIRST_PUSHED_AT, LAST_PUSHED_AT
)
select t.ORDER_KEY, t.SIZE_LABEL, t.QTY, t.SUBITEM_ID, t.ITEM_ID, t.BOARD_ID, ?, ?, ?
from {{ _temp("ADOPT_TAKEN_SIZES") }} as t
where not exists (select 1 from {{ _sizes }} as k where k.ORDER_KEY = t.ORDER_KEY and k.SIZE_LABEL = t.SIZE_LABEL)
{% endmacro %}

{# Drops from the plan what another run has in hand, or confirmed since the plan was made. #}
{% macro leave_held_orders() %}
delete from {{ _temp("ADOPT_PAIRS") }}
where MATCHED_BY not in ('KNOWN', 'ARCHIVED')
    and (
        not exists (
            select 1
            from {{ _claims }} as c
            where c.LEVEL = 'ITEM' and c.ROW_KEY = {{ _temp("ADOPT_PAIRS") }}.ORDER_KEY and c.REQUEST_ID = ?
        )
        or exists (
            select 1
            from {{ _orders }} as m
            where m.MONDAY_ITEM_ID is not null and m.ARCHIVED_AT is null
                and (
                    {{ q.bin("m.ORDER_KEY") }} = {{ _temp("ADOPT_PAIRS") }}.ORDER_KEY
                    or m.MONDAY_ITEM_ID = {{ _temp("ADOPT_PAIRS") }}.ITEM_ID
                )
        )
    )
{% endmacro %}

{# Drops sizes that another run has in hand, and those of items that are not taken over after all. #}
{% macro leave_held_sizes() %}
delete from {{ _temp("ADOPT_TAKEN_SIZES") }}
where not exists (
        select 1
        from {{ _claims }} as c
        where c.LEVEL = 'SUBITEM'
            and c.ROW_KEY = concat({{ _temp("ADOPT_TAKEN_SIZES") }}.ORDER_KEY, '|', {{ _temp("ADOPT_TAKEN_SIZES") }}.SIZE_LABEL)
            and c.REQUEST_ID = ?
    )
    or not exists (
        select 1
        from {{ _temp("ADOPT_PAIRS") }} as p
        where p.ORDER_KEY = {{ _temp("ADOPT_TAKEN_SIZES") }}.ORDER_KEY
            and p.ITEM_ID = {{ _temp("ADOPT_TAKEN_SIZES") }}.ITEM_ID
    )
{% endmacro %}

{% macro load_items() %}{# A page of the board. #}
insert into {{ _temp("ADOPT_ITEMS") }} (
    ITEM_ID, ITEM_NAME, GROUP_ID, KEY_TEXT, N_KEY, N_NUMBER, N_STYLE, N_COLOR, N_NAME, PO, ALT_PO, DELIVERY, DESTINATION,
    QTY, CELLS
)
select
    j.ITEM_ID, j.ITEM_NAME, j.GROUP_ID, j.KEY_TEXT, {{ q.norm("left(j.KEY_TEXT, 450)") }}, {{ q.norm("j.NUMBER") }},
    {{ q.norm("j.STYLE") }}, {{ q.norm("j.COLOR") }}, {{ q.norm("j.ITEM_NAME") }},
{% for name in ["PO", "ALT_PO", "DELIVERY", "DESTINATION"] %}
    coalesce({{ q.norm("j." ~ name) }}, ''),
{% endfor %}
    j.QTY, j.CELLS
from {{ q.json_rows([
    ("ITEM_ID", bigint), ("ITEM_NAME", short(255)), ("GROUP_ID", short(255)), ("KEY_TEXT", text), ("NUMBER", short(450)),
    ("STYLE", short(450)), ("COLOR", short(450)), ("PO", short(450)), ("ALT_PO", short(450)), ("DELIVERY", short(450)),
    ("DESTINATION", short(450)), ("QTY", bigint), ("CELLS", text)]) }} as j
{% endmacro %}

{% macro load_orders() %}{# The staged orders that have no item as far as the tables know. #}
insert into {{ _temp("ADOPT_ORDERS") }} (
    ORDER_KEY, N_KEY, N_NUMBER, N_STYLE, N_COLOR, N_NAME, PO, ALT_PO, DELIVERY, DESTINATION, QTY
)
select s.ORDER_KEY, {{ q.norm("s.ORDER_KEY") }}, {{ q.norm('left(s."AAG ORDER NUMBER", 450)') }},
    {{ q.norm('left(s."STYLE", 450)') }}, {{ q.norm('left(s."COLOR", 450)') }}, {{ q.norm("s.ITEM_NAME") }},
{% for column in ["PO NUMBER", "CUSTOMER ALT PO", "PLANNED DELIVERY METHOD", "DESTINATION"] %}
    coalesce({{ q.norm("left(s." ~ quoted(column) ~ ", 450)") }}, ''),
{% endfor %}
    coalesce(z.QTY, 0)
from {{ _staged }} as s
left join {{ _orders }} as m
    on m.ORDER_KEY = {{ q.bin("s.ORDER_KEY") }} and m.MONDAY_ITEM_ID is not null and m.ARCHIVED_AT is null
left join (
    select {{ q.bin("ORDER_KEY") }} as ORDER_KEY, cast(sum(ORDER_QTY) as bigint) as QTY
    from {{ _staged_sizes }}
    group by {{ q.bin("ORDER_KEY") }}
) as z on z.ORDER_KEY = {{ q.bin("s.ORDER_KEY") }}
where s.CHANGE_TYPE = 'CREATE' and m.ORDER_KEY is null
{% endmacro %}

{% macro load_sizes() %}{# The sizes of a page of the board. #}
insert into {{ _temp("ADOPT_SIZES") }} (SUBITEM_ID, ITEM_ID, BOARD_ID, LABEL, QTY, IS_LABELLED)
select j.SUBITEM_ID, j.ITEM_ID, j.BOARD_ID, j.LABEL, j.QTY, j.IS_LABELLED
from {{ q.json_rows([
    ("SUBITEM_ID", bigint), ("ITEM_ID", bigint), ("BOARD_ID", bigint), ("LABEL", short(100)), ("QTY", bigint),
    ("IS_LABELLED", integer)]) }} as j
{% endmacro %}

{# The next orders to take over, after the item reached so far: staged values beside the cells of the item. #}
{% macro matched(rows) %}
select {{ q.top(rows) }}s.*, p.ITEM_ID as PAIR_ITEM_ID, p.MATCHED_BY as PAIR_MATCHED_BY, i.GROUP_ID as PAIR_GROUP_ID, i.CELLS as PAIR_CELLS
from {{ _temp("ADOPT_PAIRS") }} as p
inner join {{ _staged }} as s on {{ q.bin("s.ORDER_KEY") }} = p.ORDER_KEY
inner join {{ _temp("ADOPT_ITEMS") }} as i on i.ITEM_ID = p.ITEM_ID
where p.MATCHED_BY not in ('KNOWN', 'ARCHIVED') and p.ITEM_ID > ?
order by p.ITEM_ID
{{ q.limit(rows) }}
{% endmacro %}

{# Items of ours that don't show their key. IS_TAKEN: another item does, so that writing it would make two. #}
{% macro missing_keys() %}
select p.ORDER_KEY, p.ITEM_ID,
    case
        when exists (
            select 1
            from {{ _temp("ADOPT_ITEMS") }} as o
            where o.N_KEY = {{ q.norm("p.ORDER_KEY") }} and o.ITEM_ID <> p.ITEM_ID
        ) then 1
        else 0
    end as IS_TAKEN
from {{ _temp("ADOPT_PAIRS") }} as p
inner join {{ _temp("ADOPT_ITEMS") }} as i on i.ITEM_ID = p.ITEM_ID
where p.MATCHED_BY <> 'ARCHIVED' and coalesce({{ q.bin("i.KEY_TEXT") }}, '') <> p.ORDER_KEY
order by p.ITEM_ID
{% endmacro %}

{% macro missing_labels() %}{# Subitems of ours whose Size column is empty, so far known by their name alone. #}
select t.ORDER_KEY, t.SIZE_LABEL, t.SUBITEM_ID, t.BOARD_ID
from {{ _temp("ADOPT_TAKEN_SIZES") }} as t
inner join {{ _temp("ADOPT_SIZES") }} as z on z.SUBITEM_ID = t.SUBITEM_ID
where z.IS_LABELLED = 0
union all
select k.ORDER_KEY, k.SIZE_LABEL, k.MONDAY_SUBITEM_ID, coalesce(z.BOARD_ID, k.MONDAY_SUBITEM_BOARD_ID)
from {{ _temp("ADOPT_SIZES") }} as z
inner join {{ _sizes }} as k on k.MONDAY_SUBITEM_ID = z.SUBITEM_ID
where z.IS_LABELLED = 0
    and not exists (select 1 from {{ _temp("ADOPT_TAKEN_SIZES") }} as t where t.SUBITEM_ID = z.SUBITEM_ID)
order by 3
{% endmacro %}

{# One rule at one level: order and item that are each other's only match belong together. #}
{% macro pair(level, rule) %}
{% set names = (_compared(rule) ~ "," ~ _refinements(level)).strip(",").split(",") %}
insert into {{ _temp("ADOPT_PAIRS") }} (ORDER_KEY, ITEM_ID, MATCHED_BY)
select x.ORDER_KEY, y.ITEM_ID, '{{ rule }}'
from (
    select min(o.ORDER_KEY) as ORDER_KEY{% for name in names %}, o.{{ name }}{% endfor %}

    {{ _free_orders() }}
    group by {% for name in names %}o.{{ name }}{{ ", " if not loop.last }}{% endfor %}

    having count(*) = 1
) as x
inner join (
    select min(i.ITEM_ID) as ITEM_ID{% for name in names %}, i.{{ name }}{% endfor %}

    {{ _free_items(rule) }}
    group by {% for name in names %}i.{{ name }}{{ ", " if not loop.last }}{% endfor %}

    having count(*) = 1
) as y on {% for name in names %}x.{{ name }} = y.{{ name }}{{ " and " if not loop.last }}{% endfor %}
{% endmacro %}

{# Items whose id the tables hold: those of live orders are known; one that came back from the archive stands for its order again, where that is staged. #}
{% macro pair_known() %}
insert into {{ _temp("ADOPT_PAIRS") }} (ORDER_KEY, ITEM_ID, MATCHED_BY)
select {{ q.bin("m.ORDER_KEY") }}, i.ITEM_ID,
    case when m.ARCHIVED_AT is null then 'KNOWN' when o.ORDER_KEY is null then 'ARCHIVED' else 'ID' end
from {{ _temp("ADOPT_ITEMS") }} as i
inner join {{ _orders }} as m on m.MONDAY_ITEM_ID = i.ITEM_ID
left join {{ _temp("ADOPT_ORDERS") }} as o on o.ORDER_KEY = {{ q.bin("m.ORDER_KEY") }}
{% endmacro %}

{# The subitem of each size, the oldest where several show one label. An item just taken over brings every size it has: one that the order no longer wants has to fall to 0. Of a known item only sizes that would be made again count. #}
{% macro pair_sizes() %}
insert into {{ _temp("ADOPT_TAKEN_SIZES") }} (ORDER_KEY, SIZE_LABEL, SUBITEM_ID, ITEM_ID, BOARD_ID, QTY, TWINS)
select n.ORDER_KEY, coalesce(n.STAGED_LABEL, n.LABEL), n.SUBITEM_ID, n.ITEM_ID, n.BOARD_ID,
    case when n.STAGED_LABEL is null then coalesce(n.QTY, 0) else n.QTY end, n.TWINS
from (
    select p.ORDER_KEY, z.ITEM_ID, z.SUBITEM_ID, z.BOARD_ID, z.LABEL, z.QTY, s.SIZE_LABEL as STAGED_LABEL,
        row_number() over (partition by z.ITEM_ID, upper(z.LABEL) order by z.SUBITEM_ID) as PLACE,
        count(*) over (partition by z.ITEM_ID, upper(z.LABEL)) as TWINS
    from {{ _temp("ADOPT_PAIRS") }} as p
    inner join {{ _temp("ADOPT_SIZES") }} as z on z.ITEM_ID = p.ITEM_ID
    left join (
        select {{ q.bin("ORDER_KEY") }} as ORDER_KEY, {{ q.bin("SIZE_LABEL") }} as SIZE_LABEL,
            upper({{ q.bin("SIZE_LABEL") }}) as N_LABEL
        from {{ _staged_sizes }}
        where CHANGE_TYPE = 'CREATE'
    ) as s on s.ORDER_KEY = p.ORDER_KEY and s.N_LABEL = upper(z.LABEL)
    where p.MATCHED_BY <> 'ARCHIVED' and (p.MATCHED_BY <> 'KNOWN' or s.SIZE_LABEL is not null)
        and not exists (
            select 1
            from {{ _sizes }} as k
            where k.MONDAY_SUBITEM_ID = z.SUBITEM_ID
                or (
                    k.ORDER_KEY = p.ORDER_KEY
                    and upper(k.SIZE_LABEL) = upper(z.LABEL) and k.MONDAY_PARENT_ITEM_ID = p.ITEM_ID
                    and k.MONDAY_SUBITEM_ID is not null
                )
        )
) as n
where n.PLACE = 1
{% endmacro %}

{% macro release() %}{# Gives the claims up, in the transaction that took them. #}
delete from {{ _claims }} where REQUEST_ID = ?
{% endmacro %}

{% macro unmatched() %}{# Items that stand for no staged order, and what speaks against it. #}
select i.ITEM_ID, i.ITEM_NAME,
    case
        when exists (select 1 from {{ _temp("ADOPT_PAIRS") }} as p where p.ITEM_ID = i.ITEM_ID) then 'ARCHIVED'
        when i.N_KEY is not null and exists (
            select 1
            from {{ _orders }} as m
            where {{ q.norm(q.bin("m.ORDER_KEY")) }} = i.N_KEY and m.MONDAY_ITEM_ID is not null and m.ARCHIVED_AT is null
        ) then 'SECOND'
        when i.N_KEY is not null then 'OTHER_KEY'
        when exists (select 1 from {{ _temp("ADOPT_ORDERS") }} as o where o.N_NUMBER = i.N_NUMBER) then 'SAME_NUMBER'
        else 'NOTHING'
    end as REASON
from {{ _temp("ADOPT_ITEMS") }} as i
where not exists (select 1 from {{ _temp("ADOPT_PAIRS") }} as p where p.ITEM_ID = i.ITEM_ID and p.MATCHED_BY <> 'ARCHIVED')
    and not exists (select 1 from {{ _temp("ADOPT_DOUBTS") }} as d where d.ITEM_ID = i.ITEM_ID)
order by i.ITEM_ID
{% endmacro %}

{# Orders that had an item before, now gone: they get the one that was found, with what it shows. #}
{% macro update_orders() %}
{% set fields = [
    ("ORDER_KEY", short(255)), ("ROW_HASH", short(64)), ("ITEM_NAME", short(255)), ("GROUP_NAME", short(255)),
    ("BATCH_CUSTOMER", short(255)), ("SOURCE_CUSTOMER", short(255)), ("TOTAL QTY", integer), ("MONDAY_ITEM_ID", bigint),
    ("MONDAY_GROUP_ID", short(255))] + json_columns %}
update {{ _orders }}
set ROW_HASH = j.ROW_HASH,
    ITEM_NAME = j.ITEM_NAME, GROUP_NAME = j.GROUP_NAME, BATCH_CUSTOMER = j.BATCH_CUSTOMER,
    SOURCE_CUSTOMER = j.SOURCE_CUSTOMER,
{% for column, type, name in columns %}
    {{ column }} = j.{{ column }},
{% endfor %}
    "TOTAL QTY" = j."TOTAL QTY", MONDAY_ITEM_ID = j.MONDAY_ITEM_ID, MONDAY_GROUP_ID = j.MONDAY_GROUP_ID,
    MONDAY_BOARD_ID = ?, BATCH_ID = ?, FIRST_PUSHED_AT = ?, LAST_PUSHED_AT = ?, ARCHIVED_AT = null
from {{ q.json_rows(fields) }} as j
where {{ _orders }}.ORDER_KEY = {{ q.bin("j.ORDER_KEY") }}
{% endmacro %}

{# Sizes that had a subitem before, now gone: they get the one that was found, with what it shows. #}
{% macro update_sizes() %}
update {{ _sizes }}
set ORDER_QTY = t.QTY,
    MONDAY_SUBITEM_ID = t.SUBITEM_ID, MONDAY_PARENT_ITEM_ID = t.ITEM_ID, MONDAY_SUBITEM_BOARD_ID = t.BOARD_ID,
    BATCH_ID = ?, FIRST_PUSHED_AT = ?, LAST_PUSHED_AT = ?
from {{ _temp("ADOPT_TAKEN_SIZES") }} as t
where {{ _sizes }}.ORDER_KEY = t.ORDER_KEY and {{ _sizes }}.SIZE_LABEL = t.SIZE_LABEL
{% endmacro %}
