{% import "_macros.sql" as q %}
{% set _orders = table("MON_CustMasterSchedule") %}
{% set _sizes = table("MON_CustMasterSchedule_Subitems") %}
{% set _claims = table("MON_RowClaims") %}
{% set _board = table("STG_MON_BoardOrders") %}

{# The audit reads what dbt's views say of the pulled board, once, into working tables that live as long as the connection:
   a repair changes what the views say. #}

{% macro _work(name) %}{{ "AUDIT_" if duckdb else "#AUDIT_" }}{{ name }}{% endmacro %}

{% macro _planned(key) -%}{# Where the orders stand that a repair may touch. #}
exists (select 1 from {{ _work("Plan") }} as planned where planned.ORDER_KEY = {{ q.bin(key) }})
{%- endmacro %}

{% macro _whole(quantity) -%}{# A quantity as the tables keep it; null where the board shows none, or a fraction. #}
case when {{ quantity }} = floor({{ quantity }}) then cast({{ quantity }} as bigint) end
{%- endmacro %}

{# A column of the pulled board as the tables keep it. #}
{% macro _kept(column) -%}
{% if column in ("ITEM_NAME", "GROUP_NAME") %}substring(b.{{ column }}, 1, 255){% else %}b.{{ quoted(column) }}{% endif %}
{%- endmacro %}

{% macro _select(name) %}
{% if name == "Found" %}
select row_number() over (order by CLASS, LEVEL, ORDER_KEY, SIZE_LABEL, MONDAY_ID, COLUMN_NAME) as N, f.*
{% elif name == "Orders" %}
select f.ITEM_ID, f.ORDER_KEY, f.GROUP_ID, f.BY_ID, f.PLACE, f.ORDER_STATE
{% elif name == "Sizes" %}
select f.SUBITEM_ID, f.ITEM_ID, f.ORDER_KEY, f.SIZE_LABEL, f.QUANTITY, f.BY_ID, f.PLACE, f.SIZE_STATE
{% else %}
select f.LEVEL, f.ORDER_KEY, f.SIZE_LABEL, f.MONDAY_ID, f.COLUMN_NAME, f.BY_ID
{% endif %}
{% endmacro %}

{% macro _view(name) %}
{{ table({"Found": "STG_MON_BoardFindings", "Orders": "STG_MON_BoardOrders", "Sizes": "STG_MON_BoardSizes"}.get(name, "STG_MON_BoardDifferences")) }}
{%- endmacro %}

{% macro take(name) %}{# Reads a view into a working table. #}
{% if duckdb %}
create temp table {{ _work(name) }} as
{{ _select(name) }}
from {{ _view(name) }} as f
{% else %}
{{ _select(name) }}
into {{ _work(name) }}
from {{ _view(name) }} as f
{% endif %}
{% endmacro %}

{% macro make_plan() %}{# The orders that a repair may touch, gone with the connection. #}
create {{ "temp " if duckdb }}table {{ _work("Plan") }} (ORDER_KEY {{ key(255) }} not null primary key)
{% endmacro %}

{# Leaves what concerns other customers out: the name as the orders spell it, or the canonical one, in any case. #}
{% macro keep_customer() %}
delete from {{ _work("Found") }}
where {{ q.bin("upper(coalesce(CUSTOMER, ''))") }} <> upper(?) and {{ q.bin("upper(coalesce(SOURCE_CUSTOMER, ''))") }} <> upper(?)
{% endmacro %}

{% macro counts() %}{# How many findings of each kind, and how many of them concern what is ours. #}
select CLASS, LEVEL, count(*) as FINDINGS, sum(IS_OURS) as OURS
from {{ _work("Found") }}
group by CLASS, LEVEL
{% endmacro %}

{% macro listed(one_class, rows) %}{# The first findings of a class, or the next of all. #}
select {{ q.top(rows) }}N, CLASS, LEVEL, ORDER_KEY, SIZE_LABEL, MONDAY_ID, nullif(COLUMN_NAME, '') as COLUMN_NAME,
    CONFIRMED, ON_BOARD, NOTE, CUSTOMER
from {{ _work("Found") }}
where N > ?{% if one_class %} and CLASS = ?{% endif %}

order by N
{{ q.limit(rows) }}
{% endmacro %}

{% macro left_over(ignore_unknown) %}{# Findings that the repair left as they are. #}
select f.CLASS, count(*) as FINDINGS
from {{ _work("Found") }} as f
where f.CLASS not in ('pending', 'edited', 'above')
    and not (f.IS_OURS = 1 and exists (select 1 from {{ _work("Plan") }} as p where p.ORDER_KEY = f.ORDER_KEY))
{% if ignore_unknown %}
    and not (f.CLASS = 'unknown' and f.IS_OURS = 0)
{% endif %}
group by f.CLASS
{% endmacro %}

{% macro totals() %}{# What was compared. #}
select (select count(*) from {{ _board }}) as ITEMS,
    (select count(*) from {{ table("STG_MON_BoardSizes") }}) as SUBITEMS,
    (select count(*) from {{ _orders }} where MONDAY_ITEM_ID is not null and ARCHIVED_AT is null) as ORDERS,
    (
        select count(*)
        from {{ _sizes }} as x
        inner join {{ _orders }} as m
            on m.ORDER_KEY = x.ORDER_KEY and m.MONDAY_ITEM_ID = x.MONDAY_PARENT_ITEM_ID and m.ARCHIVED_AT is null
        where x.MONDAY_SUBITEM_ID is not null
    ) as SIZES
{% endmacro %}

{# The orders that a repair may touch: those with a finding of ours that isn't pending and isn't a person's to make, such
   as moving an item back from another board. #}
{% macro plan(park) %}
insert into {{ _work("Plan") }} (ORDER_KEY)
select distinct f.ORDER_KEY
from {{ _work("Found") }} as f
where f.ORDER_KEY is not null and f.IS_OURS = 1 and f.CLASS not in ('pending', 'edited', 'above')
    and not (f.CLASS = 'missing' and f.LEVEL = 'ITEM' and f.NOTE like 'on board %')
{% if park %}
    and not (f.CLASS = 'missing' and f.LEVEL = 'ITEM' and f.NOTE not like 'item %')
{% endif %}
{% endmacro %}

{# Holds the rows of the planned orders while the repair is written, so that no push takes them meanwhile. #}
{% macro claim() %}
insert into {{ _claims }} (LEVEL, ROW_KEY, REQUEST_ID, WORKER, LEASE_UNTIL)
select r.LEVEL, r.ROW_KEY, ?, 'audit', ?
from (
    select 'ITEM' as LEVEL, p.ORDER_KEY as ROW_KEY
    from {{ _work("Plan") }} as p
    union
    select 'SUBITEM', concat(x.ORDER_KEY, '|', x.SIZE_LABEL)
    from {{ _sizes }} as x
    inner join {{ _work("Plan") }} as p on p.ORDER_KEY = x.ORDER_KEY
    union
    select 'SUBITEM', concat(s.ORDER_KEY, '|', s.SIZE_LABEL)
    from {{ _work("Sizes") }} as s
    inner join {{ _work("Plan") }} as p on p.ORDER_KEY = s.ORDER_KEY
    where s.SIZE_LABEL is not null and s.SIZE_STATE <> 'NONE'
) as r
where not exists (select 1 from {{ _claims }} as c where c.LEVEL = {{ q.bin("r.LEVEL") }} and c.ROW_KEY = r.ROW_KEY)
{% endmacro %}

{% macro prune_plan() %}{# Orders of which something is pending are left to the push that is at them. #}
delete from {{ _work("Plan") }}
where exists (
        select 1
        from {{ table("STG_MON_BoardPending") }} as b
        where (b.LEVEL = 'ITEM' and {{ q.bin("b.ROW_KEY") }} = {{ _work("Plan") }}.ORDER_KEY)
            or (
                b.LEVEL = 'SUBITEM'
                and substring({{ q.bin("b.ROW_KEY") }}, 1, len({{ _work("Plan") }}.ORDER_KEY) + 1)
                = concat({{ _work("Plan") }}.ORDER_KEY, '|')
            )
    )
{% endmacro %}

{% macro count_plan() %}{# How many orders a repair would touch, of how many that are confirmed. #}
select (select count(*) from {{ _work("Plan") }}) as PLANNED,
    (select count(*) from {{ _orders }} where MONDAY_ITEM_ID is not null and ARCHIVED_AT is null) as CONFIRMED
{% endmacro %}

{% macro release() %}{# The repair is written. #}
delete from {{ _claims }} where REQUEST_ID = ?
{% endmacro %}

{# Items and subitems whose key or size a person changed: it is what they are found by, and no update writes it. #}
{% macro lost_keys() %}
select d.LEVEL, d.ORDER_KEY, d.SIZE_LABEL, d.MONDAY_ID
from {{ _work("Differences") }} as d
where d.COLUMN_NAME in ('ORDER_KEY', 'SIZE_LABEL') and {{ _planned("d.ORDER_KEY") }}
order by d.MONDAY_ID
{% endmacro %}

{# Items and subitems that stand for an order or a size beside the one that stays. #}
{% macro surplus() %}
select p.ITEM_ID as MONDAY_ID
from {{ _work("Orders") }} as p
where p.PLACE > 1 and p.ORDER_STATE <> 'NONE' and {{ _planned("p.ORDER_KEY") }}
union all
select p.SUBITEM_ID
from {{ _work("Sizes") }} as p
where p.PLACE > 1 and p.SIZE_STATE <> 'NONE' and {{ _planned("p.ORDER_KEY") }}
order by MONDAY_ID
{% endmacro %}

{# Orders whose item is gone and that no other item stands for: the next build stages them anew. #}
{% macro repair_missing() %}
update {{ _orders }}
set ARCHIVED_AT = ?
where MONDAY_ITEM_ID is not null and ARCHIVED_AT is null
    and not exists (select 1 from {{ _work("Orders") }} as o where o.ORDER_KEY = {{ _orders }}.ORDER_KEY)
    and {{ _planned(_orders ~ ".ORDER_KEY") }}
{% endmacro %}

{# Orders whose item is another one by now, or is back on the board: the id, and what else is known of the place. #}
{% macro repair_adopt() %}
update {{ _orders }}
set MONDAY_ITEM_ID = n.ITEM_ID, MONDAY_GROUP_ID = n.GROUP_ID, MONDAY_BOARD_ID = ?, ARCHIVED_AT = null, ROW_HASH = ?
from {{ _work("Orders") }} as n
where n.ORDER_KEY = {{ _orders }}.ORDER_KEY
    and n.PLACE = 1 and (n.ORDER_STATE = 'OFF' or (n.ORDER_STATE = 'LIVE' and n.BY_ID = 0))
    and {{ _planned("n.ORDER_KEY") }}
{% endmacro %}

{# Differing columns are confirmed as the board shows them, under a hash of its own: the next build stages the difference. #}
{% macro repair_columns() %}
{% set names = ["ITEM_NAME", "GROUP_NAME"] + (columns | map(attribute=2) | list) %}
update {{ _orders }}
set ROW_HASH = ?,
{% for name in names %}
    {{ quoted(name) }} = case when d.{{ quoted(name) }} = 1 then {{ _kept(name) }} else {{ _orders }}.{{ quoted(name) }} end,
{% endfor %}
    MONDAY_GROUP_ID = case when d.GROUP_NAME = 1 then b.GROUP_ID else {{ _orders }}.MONDAY_GROUP_ID end
from (
    select{% for name in names %} max(case when COLUMN_NAME = '{{ name | replace("'", "''") }}' then 1 else 0 end) as {{ quoted(name) }},{% endfor %}

        ORDER_KEY, MONDAY_ID
    from {{ _work("Differences") }}
    where LEVEL = 'ITEM' and COLUMN_NAME <> 'ORDER_KEY'
    group by ORDER_KEY, MONDAY_ID
) as d
inner join {{ _board }} as b on b.ITEM_ID = d.MONDAY_ID
where d.ORDER_KEY = {{ _orders }}.ORDER_KEY and {{ _planned("d.ORDER_KEY") }}
{% endmacro %}

{% macro repair_missing_sizes() %}{# Sizes whose subitem is gone and that no other subitem stands for. #}
update {{ _sizes }}
set MONDAY_SUBITEM_ID = null
where MONDAY_SUBITEM_ID is not null
    and exists (
        select 1
        from {{ _work("Orders") }} as p
        where p.ORDER_KEY = {{ _sizes }}.ORDER_KEY and p.ITEM_ID = {{ _sizes }}.MONDAY_PARENT_ITEM_ID
    )
    and not exists (
        select 1
        from {{ _work("Sizes") }} as s
        where s.ORDER_KEY = {{ _sizes }}.ORDER_KEY and s.SIZE_LABEL = {{ _sizes }}.SIZE_LABEL
    )
    and {{ _planned(_sizes ~ ".ORDER_KEY") }}
{% endmacro %}

{% macro repair_adopt_sizes() %}{# Sizes whose subitem is another one by now, with the quantity that it shows. #}
update {{ _sizes }}
set MONDAY_SUBITEM_ID = n.SUBITEM_ID,
    MONDAY_PARENT_ITEM_ID = n.ITEM_ID, MONDAY_SUBITEM_BOARD_ID = ?, ORDER_QTY = {{ _whole("n.QUANTITY") }}
from {{ _work("Sizes") }} as n
where n.ORDER_KEY = {{ _sizes }}.ORDER_KEY and n.SIZE_LABEL = {{ _sizes }}.SIZE_LABEL
    and n.PLACE = 1 and n.BY_ID = 0 and n.SIZE_STATE in ('LIVE', 'OFF') and {{ _planned("n.ORDER_KEY") }}
{% endmacro %}

{# A differing quantity is confirmed as the board shows it; none where it shows no whole number. #}
{% macro repair_quantities() %}
update {{ _sizes }}
set ORDER_QTY = {{ _whole("s.QUANTITY") }}
from {{ _work("Differences") }} as d
inner join {{ _work("Sizes") }} as s on s.SUBITEM_ID = d.MONDAY_ID
where d.LEVEL = 'SUBITEM' and d.COLUMN_NAME = 'ORDER_QTY' and d.BY_ID = 1
    and d.ORDER_KEY = {{ _sizes }}.ORDER_KEY and d.SIZE_LABEL = {{ _sizes }}.SIZE_LABEL
    and {{ _planned("d.ORDER_KEY") }}
{% endmacro %}

{# Orders that stand on the board although the tables never heard of them: as the board shows them. #}
{% macro repair_staged() %}
insert into {{ _orders }} (
    ORDER_KEY, ROW_HASH, ITEM_NAME, GROUP_NAME, BATCH_CUSTOMER, SOURCE_CUSTOMER,
{% for column, type, name in columns %}
    {{ column }},
{% endfor %}
    MONDAY_ITEM_ID, MONDAY_GROUP_ID, MONDAY_BOARD_ID, FIRST_PUSHED_AT, LAST_PUSHED_AT
)
select
    p.ORDER_KEY, ?, {{ _kept("ITEM_NAME") }}, {{ _kept("GROUP_NAME") }}, s.BATCH_CUSTOMER, s.SOURCE_CUSTOMER,
{% for column, type, name in columns %}
    b.{{ column }},
{% endfor %}
    p.ITEM_ID, p.GROUP_ID, ?, ?, ?
from {{ _work("Orders") }} as p
inner join {{ _board }} as b on b.ITEM_ID = p.ITEM_ID
inner join {{ table("STG_MON_CustMasterSchedule") }} as s on {{ q.bin("s.ORDER_KEY") }} = p.ORDER_KEY
where p.PLACE = 1 and p.ORDER_STATE = 'STAGED' and {{ _planned("p.ORDER_KEY") }}
{% endmacro %}

{% macro repair_staged_sizes() %}{# Sizes that stand on the board although the tables never heard of them. #}
insert into {{ _sizes }} (
    ORDER_KEY, SIZE_LABEL, ORDER_QTY, MONDAY_SUBITEM_ID, MONDAY_PARENT_ITEM_ID, MONDAY_SUBITEM_BOARD_ID, FIRST_PUSHED_AT,
    LAST_PUSHED_AT
)
select p.ORDER_KEY, p.SIZE_LABEL, {{ _whole("p.QUANTITY") }}, p.SUBITEM_ID, p.ITEM_ID, ?, ?, ?
from {{ _work("Sizes") }} as p
where p.PLACE = 1 and p.SIZE_STATE = 'STAGED' and {{ _planned("p.ORDER_KEY") }}
{% endmacro %}

{# A request of no row of ours, recorded and not sent: the next push takes it over at once and sends it. #}
{% macro record_request() %}
insert into {{ table("MON_ApiRequests") }}
    (REQUEST_ID, RUN_ID, OPERATION, BODY, ROW_COUNT, WORKER, LEASE_UNTIL, ATTEMPTS, RECORDED_AT)
values (?, ?, ?, ?, ?, 'audit', ?, 0, ?)
{% endmacro %}
