-- The audit reads dbt's views of the pulled board into working tables, once: a repair changes what they say.

{% set _plan, _findings, _differences = work("Plan"), work("BoardFindings"), work("BoardDifferences") %}
{% set _on_board, _sizes_on_board = work("BoardOrders"), work("BoardSizes") %}

-- _planned(key): An order that a repair may touch.
exists (select 1 from {{ _plan }} as planned where planned.ORDER_KEY = {{ q.bin(key) }})

-- _whole(quantity): A quantity as the tables keep it; null where the board shows none, or a fraction.
case when {{ quantity }} = floor({{ quantity }}) then cast({{ quantity }} as bigint) end

-- _kept(column): A column of the pulled board as the tables keep it.
{{ "substring(b." ~ column ~ ", 1, 255)" if column in ("ITEM_NAME", "GROUP_NAME") else "b." ~ quoted(column) }}

-- keep_customer(): Leaves what concerns other customers out: by the orders' name or the canonical one, in any case.
delete from {{ _findings }}
where {{ q.bin("upper(coalesce(CUSTOMER, ''))") }} <> upper(?)
    and {{ q.bin("upper(coalesce(SOURCE_CUSTOMER, ''))") }} <> upper(?)

-- counts(): How many findings of each kind, and how many of them concern what is ours.
select CLASS, LEVEL, count(*) as FINDINGS, sum(IS_OURS) as OURS from {{ _findings }} group by CLASS, LEVEL

-- listed(by_class): The first findings of each class, or the next of all.
select N, CLASS, LEVEL, ORDER_KEY, SIZE_LABEL, MONDAY_ID, nullif(COLUMN_NAME, '') as COLUMN_NAME, CONFIRMED, ON_BOARD,
    NOTE, CUSTOMER, coalesce(nullif(ON_BOARD, ''), CONFIRMED) as NAME
from (
    select f.*, row_number() over (
        {{ "partition by CLASS" if by_class }} order by CLASS, LEVEL, ORDER_KEY, SIZE_LABEL, MONDAY_ID, COLUMN_NAME
    ) as N
    from {{ _findings }} as f
) as numbered
where N > ? and N <= ?
order by CLASS, N

-- left_over(ignore_unknown): Findings that the repair left as they are; "elsewhere" is missing here and on another board.
{% set class = "case when f.CLASS = 'missing' and f.NOTE like 'on board %' then 'elsewhere' else f.CLASS end" %}
select {{ class }} as CLASS, count(*) as FINDINGS
from {{ _findings }} as f
where f.CLASS not in ('pending', 'edited', 'above') and not (f.IS_OURS = 1 and {{ _planned("f.ORDER_KEY") }})
    {{ "and not (f.CLASS = 'unknown' and f.IS_OURS = 0)" if ignore_unknown }}
group by {{ class }}

-- totals(): What was compared.
select (select count(*) from {{ table("STG_MON_BoardOrders") }}) as ITEMS,
    (select count(*) from {{ table("STG_MON_BoardSizes") }}) as SUBITEMS,
    (select count(*) from {{ _orders }} where MONDAY_ITEM_ID is not null and ARCHIVED_AT is null) as ORDERS,
    (
        select count(x.MONDAY_SUBITEM_ID)
        from {{ _sizes }} as x
        inner join {{ _orders }} as m
            on m.ORDER_KEY = x.ORDER_KEY and m.MONDAY_ITEM_ID = x.MONDAY_PARENT_ITEM_ID and m.ARCHIVED_AT is null
    ) as SIZES

-- plan(park): The orders that a repair may touch: with a finding of ours that isn't pending and isn't a person's to
-- make, such as moving an item back from another board.
{{ q.select_into(_plan, "distinct f.ORDER_KEY") }}
from {{ _findings }} as f
where f.ORDER_KEY is not null and f.IS_OURS = 1 and f.CLASS not in ('pending', 'edited', 'above')
    and not (
        f.CLASS = 'missing' and f.LEVEL = 'ITEM'
        and (f.NOTE like 'on board %' {{ "or f.NOTE not like 'item %'" if park }})
    )

-- claim(): Holds the rows of the planned orders while the repair is written, so that no push takes them meanwhile.
{% set rows %}
    select 'ITEM' as LEVEL, ORDER_KEY as ROW_KEY from {{ _plan }}
    union
    select 'SUBITEM', concat(x.ORDER_KEY, '|', x.SIZE_LABEL) from {{ _sizes }} as x where {{ _planned("x.ORDER_KEY") }}
    union
    select 'SUBITEM', concat(s.ORDER_KEY, '|', s.SIZE_LABEL)
    from {{ _sizes_on_board }} as s
    where s.SIZE_LABEL is not null and s.SIZE_STATE <> 'NONE' and {{ _planned("s.ORDER_KEY") }}
{% endset %}
{{ q.claim(rows) }}

-- prune_plan(): Orders of which something is pending are left to the push that is at them.
delete from {{ _plan }}
where exists (
        select 1 from {{ table("STG_MON_BoardPending") }} as b
        where b.LEVEL in ('ITEM', 'SUBITEM')
            and substring(concat({{ q.bin("b.ROW_KEY") }}, '|'), 1, len({{ _plan }}.ORDER_KEY) + 1)
                = concat({{ _plan }}.ORDER_KEY, '|')
    )

-- keep_planned(name): Leaves what a repair may not touch out of a working table.
delete from {{ work(name) }} where ORDER_KEY is null or not {{ _planned(work(name) ~ ".ORDER_KEY") }}

-- planned(): How many orders a repair would touch, and how many are confirmed.
select count(*) as PLANNED,
    (select count(*) from {{ _orders }} where MONDAY_ITEM_ID is not null and ARCHIVED_AT is null) as CONFIRMED
from {{ _plan }}

-- lost_keys(): Items and subitems whose key or size a person changed: they are found by it, no update writes it.
select ORDER_KEY, SIZE_LABEL, MONDAY_ID from {{ _differences }} where COLUMN_NAME in ('ORDER_KEY', 'SIZE_LABEL')
order by MONDAY_ID

-- surplus(): Items and subitems that stand for an order or a size beside the one that stays.
select ITEM_ID as MONDAY_ID from {{ _on_board }} where PLACE > 1 and ORDER_STATE <> 'NONE'
union all
select SUBITEM_ID from {{ _sizes_on_board }} where PLACE > 1 and SIZE_STATE <> 'NONE'
order by MONDAY_ID

-- repair_missing(): Orders whose item is gone and that no other item stands for: the next build stages them anew.
update {{ _orders }} set ARCHIVED_AT = ?
where MONDAY_ITEM_ID is not null and ARCHIVED_AT is null and {{ _planned(_orders ~ ".ORDER_KEY") }}
    and not exists (select 1 from {{ _on_board }} as o where o.ORDER_KEY = {{ _orders }}.ORDER_KEY)

-- repair_adopted(): Orders whose item is another one by now, or is back on the board: the id and the place.
update {{ _orders }}
set MONDAY_ITEM_ID = n.ITEM_ID, MONDAY_GROUP_ID = n.GROUP_ID, MONDAY_BOARD_ID = ?, ARCHIVED_AT = null, ROW_HASH = ?
from {{ _on_board }} as n
where n.ORDER_KEY = {{ _orders }}.ORDER_KEY and n.PLACE = 1
    and (n.ORDER_STATE = 'OFF' or (n.ORDER_STATE = 'LIVE' and n.BY_ID = 0))

-- repair_columns(): Differing columns are confirmed as shown, under a hash of its own: the next build stages them.
{% set names = ["ITEM_NAME", "GROUP_NAME"] + (columns | map(attribute=2) | list) %}
update {{ _orders }} set ROW_HASH = ?,
{% for name in names %}
    {% set own = _orders ~ "." ~ quoted(name) %}
    {{ quoted(name) }} = case when d.{{ quoted(name) }} = 1 then {{ _kept(name) }} else {{ own }} end,
{% endfor %}
    MONDAY_GROUP_ID = case when d.GROUP_NAME = 1 then b.GROUP_ID else {{ _orders }}.MONDAY_GROUP_ID end
from (
    select ORDER_KEY, MONDAY_ID
    {% for name in names %}
        , max(case when COLUMN_NAME = '{{ name | replace("'", "''") }}' then 1 else 0 end) as {{ quoted(name) }}
    {% endfor %}
    from {{ _differences }} where LEVEL = 'ITEM' and COLUMN_NAME <> 'ORDER_KEY'
    group by ORDER_KEY, MONDAY_ID
) as d
inner join {{ _on_board }} as b on b.ITEM_ID = d.MONDAY_ID
where d.ORDER_KEY = {{ _orders }}.ORDER_KEY

-- repair_staged(): Orders that stand on the board although the tables never heard of them: as the board shows them.
insert into {{ _orders }} (
    ORDER_KEY, ROW_HASH, ITEM_NAME, GROUP_NAME, BATCH_CUSTOMER, SOURCE_CUSTOMER,
    {{ columns | join(", ", attribute=0) }}, MONDAY_ITEM_ID, MONDAY_GROUP_ID, MONDAY_BOARD_ID, FIRST_PUSHED_AT,
    LAST_PUSHED_AT
)
select b.ORDER_KEY, ?, {{ _kept("ITEM_NAME") }}, {{ _kept("GROUP_NAME") }}, s.BATCH_CUSTOMER, s.SOURCE_CUSTOMER,
    {% for column in columns %}b.{{ column[0] }}, {% endfor %}b.ITEM_ID, b.GROUP_ID, ?, ?, ?
from {{ _on_board }} as b
inner join {{ _staged }} as s on {{ q.same(q.keys.ITEM, "b", "s") }}
where b.PLACE = 1 and b.ORDER_STATE = 'STAGED'

-- repair_missing_sizes(): Sizes whose subitem is gone and that no other subitem stands for.
update {{ _sizes }} set MONDAY_SUBITEM_ID = null
where MONDAY_SUBITEM_ID is not null
    and exists (
        select 1 from {{ _on_board }} as p
        where p.ORDER_KEY = {{ _sizes }}.ORDER_KEY and p.ITEM_ID = {{ _sizes }}.MONDAY_PARENT_ITEM_ID
    )
    and not exists (
        select 1 from {{ _sizes_on_board }} as s
        where s.ORDER_KEY = {{ _sizes }}.ORDER_KEY and s.SIZE_LABEL = {{ _sizes }}.SIZE_LABEL
    )

-- repair_shown_sizes(): Sizes whose subitem is another one by now, or shows another quantity, as the board shows them;
-- no quantity where it shows no whole number.
update {{ _sizes }}
set MONDAY_SUBITEM_ID = n.SUBITEM_ID, MONDAY_PARENT_ITEM_ID = n.ITEM_ID, MONDAY_SUBITEM_BOARD_ID = ?,
    ORDER_QTY = {{ _whole("n.QUANTITY") }}
from {{ _sizes_on_board }} as n
where n.ORDER_KEY = {{ _sizes }}.ORDER_KEY and n.SIZE_LABEL = {{ _sizes }}.SIZE_LABEL
    and (
        (n.PLACE = 1 and n.BY_ID = 0 and n.SIZE_STATE in ('LIVE', 'OFF'))
        or n.SUBITEM_ID in (select MONDAY_ID from {{ _differences }} where COLUMN_NAME = 'ORDER_QTY' and BY_ID = 1)
    )

-- repair_staged_sizes(): Sizes that stand on the board although the tables never heard of them.
insert into {{ _sizes }} (
    ORDER_KEY, SIZE_LABEL, ORDER_QTY, MONDAY_SUBITEM_ID, MONDAY_PARENT_ITEM_ID, MONDAY_SUBITEM_BOARD_ID,
    FIRST_PUSHED_AT, LAST_PUSHED_AT
)
select p.ORDER_KEY, p.SIZE_LABEL, {{ _whole("p.QUANTITY") }}, p.SUBITEM_ID, p.ITEM_ID, ?, ?, ?
from {{ _sizes_on_board }} as p where p.PLACE = 1 and p.SIZE_STATE = 'STAGED'
