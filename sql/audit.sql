{% import "_macros.sql" as q %}
{% set _orders = table("MON_CustMasterSchedule") %}
{% set _sizes = table("MON_CustMasterSchedule_Subitems") %}
{% set _claims = table("MON_RowClaims") %}
{% set _staged = table("STG_MON_CustMasterSchedule") %}
{% set _staged_sizes = table("STG_MON_CustMasterSchedule_Subitems") %}
{% set _found = "CLASS, LEVEL, ORDER_KEY, SIZE_LABEL, MONDAY_ID, COLUMN_NAME, CONFIRMED, ON_BOARD, NOTE, IS_OURS, CUSTOMER" %}
{% set _difference = "LEVEL, ORDER_KEY, SIZE_LABEL, MONDAY_ID, COLUMN_NAME, CONFIRMED, ON_BOARD, BY_ID, IS_EDIT" %}

{# Building blocks of the audit's statements. Its working tables live as long as the connection: nothing of an audit stays. #}

{% macro _work(name) %}{{ "AUDIT_" if duckdb else "#AUDIT_" }}{{ name }}{% endmacro %}

{# Text in a working table, which SQL Server would otherwise give the collation of tempdb. #}
{% macro _words(size) %}{% if duckdb %}varchar{% else %}nvarchar({{ size }}) collate database_default{% endif %}{% endmacro %}

{# Of two texts: whether they differ; blanks at the end don't count, null is no text. #}
{% macro _texts_differ(left_text, right_text) -%}
({{ left_text }} is null and {{ right_text }} is not null
        or {{ left_text }} is not null and {{ right_text }} is null
        or {{ q.bin(left_text) }} <> {{ right_text }})
{%- endmacro %}

{# Whether a confirmed value may differ from what a cell shows. Too strict where the board's column was retyped: who asks
   looks again at what differs by this. #}
{% macro _cells_differ(kind, confirmed, shown) -%}
{% if kind == "numbers" -%}
({{ confirmed }} is null and {{ shown }} is not null
        or {{ confirmed }} is not null and {{ shown }} is null
        or {{ shown }} is not null and try_cast({{ shown }} as {{ decimal }}) is null
        or try_cast({{ shown }} as {{ decimal }}) <> {{ confirmed }})
{%- elif kind == "date" -%}
({{ confirmed }} is null and {{ shown }} is not null
        or {{ confirmed }} is not null and {{ shown }} is null
        or {{ shown }} is not null and try_cast(substring({{ shown }}, 1, 10) as date) is null
        or try_cast(substring({{ shown }}, 1, 10) as date) <> {{ confirmed }})
{%- elif kind in ("dropdown", "status", "group") -%}
{{ _texts_differ("upper(" ~ confirmed ~ ")", "upper(" ~ shown ~ ")") }}
{%- else -%}
{{ _texts_differ(confirmed, shown) }}
{%- endif %}
{%- endmacro %}

{# What a cell shows, as the tables keep the column; null where the mapped type can't hold it. #}
{% macro _as_kept(kind, shown) -%}
{% if kind == "numbers" %}try_cast({{ shown }} as {{ decimal }})
{%- elif kind == "date" %}try_cast(substring({{ shown }}, 1, 10) as date)
{%- elif kind in ("name", "group") %}substring({{ shown }}, 1, 255)
{%- else %}{{ shown }}{% endif %}
{%- endmacro %}

{% macro _whole(quantity) -%}{# A quantity as the tables keep it; null where the board shows none, or a fraction. #}
case when {{ quantity }} = floor({{ quantity }}) then cast({{ quantity }} as bigint) end
{%- endmacro %}

{% macro _planned(key) -%}{# Where the orders stand that a repair may touch. #}
exists (select 1 from {{ _work("Plan") }} as planned where planned.ORDER_KEY = {{ key }})
{%- endmacro %}

{% macro _plain(expression) -%}{# A key beside other text in a union: SQL Server wants one collation for a column. #}
{{ expression }}{% if not duckdb %} collate database_default{% endif %}
{%- endmacro %}

{# Items to ask for by their id: confirmed ones that no page showed, and parents of confirmed subitems that none showed. #}
{% macro absent(rows) %}
select {{ q.top(rows) }}w.ITEM_ID
from (
    select m.MONDAY_ITEM_ID as ITEM_ID
    from {{ _orders }} as m
    where m.MONDAY_ITEM_ID is not null and m.ARCHIVED_AT is null
        and not exists (select 1 from {{ _work("Items") }} as i where i.ITEM_ID = m.MONDAY_ITEM_ID)
    union
    select x.MONDAY_PARENT_ITEM_ID
    from {{ _sizes }} as x
    inner join {{ _work("Matched") }} as p
        on p.ORDER_KEY = x.ORDER_KEY and p.ITEM_ID = x.MONDAY_PARENT_ITEM_ID and p.BY_ID = 1
    where x.MONDAY_SUBITEM_ID is not null
        and not exists (
            select 1
            from {{ _work("Sizes") }} as s
            where s.SUBITEM_ID = x.MONDAY_SUBITEM_ID and s.ITEM_ID = x.MONDAY_PARENT_ITEM_ID
        )
) as w
where w.ITEM_ID > ?
order by w.ITEM_ID
{{ q.limit(rows) }}
{% endmacro %}

{# Holds the rows of the planned orders while the repair is written, so that no push takes them meanwhile. #}
{% macro claim() %}
insert into {{ _claims }} (LEVEL, ROW_KEY, REQUEST_ID, WORKER, LEASE_UNTIL)
select r.LEVEL, r.ROW_KEY, ?, 'audit', ?
from {{ _work("Rows") }} as r
where not exists (select 1 from {{ _claims }} as c where c.LEVEL = {{ q.bin("r.LEVEL") }} and c.ROW_KEY = r.ROW_KEY)
{% endmacro %}

{% macro clear(name) %}{# Empties a working table. #}
delete from {{ _work(name) }}
{% endmacro %}

{# The next differences of a column of orders, to be looked at as the board counts them. #}
{% macro compare_window(rows) %}
select {{ q.top(rows) }}ORDER_KEY, CONFIRMED, ON_BOARD
from {{ _work("Differences") }}
where LEVEL = 'ITEM' and COLUMN_NAME = ? and ORDER_KEY > ?
order by ORDER_KEY
{{ q.limit(rows) }}
{% endmacro %}

{% macro count_plan() %}{# How many orders a repair would touch, of how many that are confirmed. #}
select (select count(*) from {{ _work("Plan") }}) as PLANNED,
    (select count(*) from {{ _orders }} where MONDAY_ITEM_ID is not null and ARCHIVED_AT is null) as CONFIRMED
{% endmacro %}

{% macro counts() %}{# How many findings of each kind, and how many of them concern what is ours. #}
select CLASS, LEVEL, count(*) as FINDINGS, sum(IS_OURS) as OURS, count(distinct ORDER_KEY) as ORDERS
from {{ _work("Found") }}
group by CLASS, LEVEL
{% endmacro %}

{% macro create_table(name) %}{# A working table of the audit, gone with the connection. #}
create {{ "temp " if duckdb }}table {{ _work(name) }} (
{% if name == "Items" %}
    ITEM_ID {{ bigint }} not null primary key, CELL_KEY {{ key(255) }} null, ITEM_NAME {{ _words("max") }} null,
    GROUP_ID {{ _words(255) }} null, GROUP_NAME {{ _words("max") }} null
    {%- for column, type, title in columns %}, {{ column }} {{ _words("max") }} null{% endfor %}

{% elif name == "Sizes" %}
    SUBITEM_ID {{ bigint }} not null primary key, ITEM_ID {{ bigint }} not null,
    SUBITEM_NAME {{ _words("max") }} null, CELL_LABEL {{ key(100) }} null, IS_LABELLED {{ integer }} not null,
    CELL_QTY {{ _words("max") }} null, QUANTITY {{ decimal }} null
{% elif name == "Gone" %}
    ITEM_ID {{ bigint }} not null, STATE {{ _words(40) }} not null
{% elif name == "Before" %}
    LEVEL {{ _words(10) }} not null, ROW_KEY {{ key(400) }} not null, MARK {{ _words(400) }} null
{% elif name == "Pending" %}
    LEVEL {{ _words(10) }} not null, ROW_KEY {{ key(400) }} not null
{% elif name == "Matched" %}
    ITEM_ID {{ bigint }} not null primary key, ORDER_KEY {{ key(255) }} null, BY_ID {{ integer }} not null,
    POSITION {{ integer }} not null, STATE {{ _words(10) }} not null
{% elif name == "MatchedSizes" %}
    SUBITEM_ID {{ bigint }} not null primary key, ITEM_ID {{ bigint }} not null, ORDER_KEY {{ key(255) }} not null,
    SIZE_LABEL {{ key(100) }} null, PARENT_BY_ID {{ integer }} not null, BY_ID {{ integer }} not null,
    POSITION {{ integer }} not null, STATE {{ _words(10) }} not null
{% elif name == "Differences" %}
    LEVEL {{ _words(10) }} not null, ORDER_KEY {{ key(255) }} not null, SIZE_LABEL {{ key(100) }} null,
    MONDAY_ID {{ bigint }} not null, COLUMN_NAME {{ _words(200) }} not null, CONFIRMED {{ _words("max") }} null,
    ON_BOARD {{ _words("max") }} null, BY_ID {{ integer }} not null, IS_EDIT {{ integer }} not null
{% elif name in ("Found", "Report") %}
{% if name == "Report" %}
    N {{ bigint }} not null primary key,
{% endif %}
    CLASS {{ _words(20) }} not null, LEVEL {{ _words(10) }} not null, ORDER_KEY {{ key(255) }} null,
    SIZE_LABEL {{ key(100) }} null, MONDAY_ID {{ bigint }} null, COLUMN_NAME {{ _words(200) }} null,
    CONFIRMED {{ _words("max") }} null, ON_BOARD {{ _words("max") }} null, NOTE {{ _words(200) }} null,
    IS_OURS {{ integer }} not null, CUSTOMER {{ _words(255) }} null
{% elif name == "Rows" %}
    LEVEL {{ _words(10) }} not null, ROW_KEY {{ key(400) }} not null, ORDER_KEY {{ key(255) }} not null
{% elif name == "Plan" %}
    ORDER_KEY {{ key(255) }} not null primary key
{% endif %}
)
{% endmacro %}

{# Where a cell shows something else than what was confirmed, one column at a time. #}
{% macro differences(column, edit, kind) %}
{% set shown = "i.CELL_KEY" if column == "ORDER_KEY" else "i." ~ quoted(column) %}
{% set kept = "m." ~ quoted(column) %}
insert into {{ _work("Differences") }} ({{ _difference }})
select
    'ITEM', p.ORDER_KEY, null, p.ITEM_ID, '{{ column | replace("'", "''") }}', cast({{ kept }} as {{ text }}), {{ shown }}, p.BY_ID, {{ edit }}
from {{ _work("Matched") }} as p
inner join {{ _orders }} as m on m.ORDER_KEY = p.ORDER_KEY
inner join {{ _work("Items") }} as i on i.ITEM_ID = p.ITEM_ID
where p.POSITION = 1 and p.STATE in ('LIVE', 'OFF') and {{ _cells_differ(kind, kept, shown) }}
{% endmacro %}

{% macro equal_after_all() %}{# Differences that are none: another spelling of the same value. #}
delete from {{ _work("Differences") }}
where LEVEL = 'ITEM' and COLUMN_NAME = ?
    and ORDER_KEY in (select {{ q.bin("k.ORDER_KEY") }} from {{ q.json_rows([("ORDER_KEY", short(255))]) }} as k)
{% endmacro %}

{# Items that are missing, double, unknown, or on the board although the tables say they were archived; and differing cells. #}
{% macro find_items() %}
insert into {{ _work("Found") }} ({{ _found }})
select 'missing', 'ITEM', m.ORDER_KEY, null, m.MONDAY_ITEM_ID, null, m.ITEM_NAME, null,
    case
        when o.ITEM_ID is not null then concat('item ', o.ITEM_ID, ' has its key')
        when g.STATE is null then 'no such item'
        else g.STATE
    end, 1, null
from {{ _orders }} as m
left join {{ _work("Matched") }} as p on p.ITEM_ID = m.MONDAY_ITEM_ID
left join {{ _work("Matched") }} as o on o.ORDER_KEY = m.ORDER_KEY and o.POSITION = 1
left join {{ _work("Gone") }} as g on g.ITEM_ID = m.MONDAY_ITEM_ID
where m.MONDAY_ITEM_ID is not null and m.ARCHIVED_AT is null and p.ITEM_ID is null
union all
select 'archived', 'ITEM', p.ORDER_KEY, null, p.ITEM_ID, null, null, i.ITEM_NAME, 'the tables say it was archived', 1, null
from {{ _work("Matched") }} as p
inner join {{ _work("Items") }} as i on i.ITEM_ID = p.ITEM_ID
where p.BY_ID = 1 and p.STATE = 'OFF'
union all
select 'double', 'ITEM', p.ORDER_KEY, null, p.ITEM_ID, null, null, i.ITEM_NAME, concat('item ', o.ITEM_ID, ' stays'),
    case when p.STATE = 'NONE' then 0 else 1 end, null
from {{ _work("Matched") }} as p
inner join {{ _work("Matched") }} as o on o.ORDER_KEY = p.ORDER_KEY and o.POSITION = 1
inner join {{ _work("Items") }} as i on i.ITEM_ID = p.ITEM_ID
where p.POSITION > 1
union all
select 'unknown', 'ITEM', p.ORDER_KEY, null, p.ITEM_ID, null, null, i.ITEM_NAME,
    case
        when p.ORDER_KEY is null then 'no order key'
        when p.STATE = 'STAGED' then 'its order is staged for creation'
        when p.STATE = 'NONE' then 'the tables do not know its key'
        else 'the item that its order had is gone'
    end,
    case when p.STATE = 'NONE' then 0 else 1 end, null
from {{ _work("Matched") }} as p
inner join {{ _work("Items") }} as i on i.ITEM_ID = p.ITEM_ID
where p.POSITION = 1 and p.BY_ID = 0
union all
select
    case when d.IS_EDIT = 1 then 'edited' else 'differing' end, d.LEVEL, d.ORDER_KEY, d.SIZE_LABEL, d.MONDAY_ID,
    d.COLUMN_NAME, d.CONFIRMED, d.ON_BOARD, null, 1, null
from {{ _work("Differences") }} as d
where d.BY_ID = 1
{% endmacro %}

{# Subitems that are missing, double or unknown under the items that the tables know by their id. #}
{% macro find_sizes() %}
insert into {{ _work("Found") }} ({{ _found }})
select
    'missing', 'SUBITEM', x.ORDER_KEY, x.SIZE_LABEL, x.MONDAY_SUBITEM_ID, null, cast(x.ORDER_QTY as {{ text }}), null,
    case when o.SUBITEM_ID is null then null else concat('subitem ', o.SUBITEM_ID, ' has its size') end, 1, null
from {{ _sizes }} as x
inner join {{ _work("Matched") }} as p on p.ORDER_KEY = x.ORDER_KEY and p.ITEM_ID = x.MONDAY_PARENT_ITEM_ID and p.BY_ID = 1
left join {{ _work("MatchedSizes") }} as s on s.SUBITEM_ID = x.MONDAY_SUBITEM_ID and s.ORDER_KEY = x.ORDER_KEY
left join {{ _work("MatchedSizes") }} as o
    on o.ORDER_KEY = x.ORDER_KEY and o.SIZE_LABEL = x.SIZE_LABEL and o.POSITION = 1
where x.MONDAY_SUBITEM_ID is not null and s.SUBITEM_ID is null
union all
select 'double', 'SUBITEM', p.ORDER_KEY, p.SIZE_LABEL, p.SUBITEM_ID, null, null, s.CELL_QTY,
    concat('subitem ', o.SUBITEM_ID, ' stays'), case when p.STATE = 'NONE' then 0 else 1 end, null
from {{ _work("MatchedSizes") }} as p
inner join {{ _work("MatchedSizes") }} as o
    on o.ORDER_KEY = p.ORDER_KEY and o.SIZE_LABEL = p.SIZE_LABEL and o.POSITION = 1
inner join {{ _work("Sizes") }} as s on s.SUBITEM_ID = p.SUBITEM_ID
where p.POSITION > 1 and p.PARENT_BY_ID = 1
union all
select 'unknown', 'SUBITEM', p.ORDER_KEY, p.SIZE_LABEL, p.SUBITEM_ID, null, null, s.CELL_QTY,
    case
        when p.SIZE_LABEL is null then 'no size'
        when p.STATE = 'STAGED' then 'its size is staged for creation'
        when p.STATE = 'NONE' then 'the tables do not know its size'
        else 'the subitem that its size had is gone'
    end,
    case when p.STATE = 'NONE' then 0 else 1 end, null
from {{ _work("MatchedSizes") }} as p
inner join {{ _work("Sizes") }} as s on s.SUBITEM_ID = p.SUBITEM_ID
where p.POSITION = 1 and p.BY_ID = 0 and p.PARENT_BY_ID = 1
{% endmacro %}

{% macro forget_read(name) %}{# What a page said of items that are read again. #}
delete from {{ _work(name) }}
where ITEM_ID in (select j.ITEM_ID from {{ q.json_rows([("ITEM_ID", bigint)]) }} as j)
{% endmacro %}

{# Leaves what concerns other customers out: the name as the orders spell it, or the canonical one, in any case. #}
{% macro keep_customer() %}
delete from {{ _work("Found") }}
where {{ q.bin("upper(coalesce(CUSTOMER, ''))") }} <> upper(?)
    and not exists (
        select 1
        from {{ _orders }} as m
        where m.ORDER_KEY = {{ _work("Found") }}.ORDER_KEY and {{ q.bin("upper(m.SOURCE_CUSTOMER)") }} = upper(?)
    )
{% endmacro %}

{% macro left_over(ignore_unknown) %}{# Findings that the repair left as they are. #}
select f.CLASS, count(*) as FINDINGS
from {{ _work("Found") }} as f
where f.CLASS not in ('pending', 'edited')
    and not (f.IS_OURS = 1 and exists (select 1 from {{ _work("Plan") }} as p where p.ORDER_KEY = f.ORDER_KEY))
{% if ignore_unknown %}
    and not (f.CLASS = 'unknown' and f.IS_OURS = 0)
{% endif %}
group by f.CLASS
{% endmacro %}

{% macro listed(one_class, rows) %}{# The first findings of a class, or the next of all. #}
select {{ q.top(rows) }}N, CLASS, LEVEL, ORDER_KEY, SIZE_LABEL, MONDAY_ID, COLUMN_NAME, CONFIRMED, ON_BOARD, NOTE, CUSTOMER
from {{ _work("Report") }}
where N > ?{% if one_class %} and CLASS = ?{% endif %}

order by N
{{ q.limit(rows) }}
{% endmacro %}

{% macro load_gone() %}{# Confirmed items that aren't among the board's active ones, with what became of them. #}
insert into {{ _work("Gone") }} (ITEM_ID, STATE)
select j.ITEM_ID, j.STATE
from {{ q.json_rows([("ITEM_ID", bigint), ("STATE", short(40))]) }} as j
{% endmacro %}

{% macro load_items() %}{# A page of the board's items, cells as text. #}
{% set fields = [("ITEM_ID", bigint), ("CELL_KEY", short(255)), ("ITEM_NAME", text), ("GROUP_ID", short(255)), ("GROUP_NAME", text)] %}
{% set all = namespace(fields=fields) %}
{% for name, type in json_columns %}{% set all.fields = all.fields + [(name, text)] %}{% endfor %}
insert into {{ _work("Items") }} (
    ITEM_ID, CELL_KEY, ITEM_NAME, GROUP_ID, GROUP_NAME{% for column, type, name in columns %},
    {{ column }}{% endfor %}

)
select j.ITEM_ID, j.CELL_KEY, j.ITEM_NAME, j.GROUP_ID, j.GROUP_NAME{% for column, type, name in columns %},
    j.{{ column }}{% endfor %}

from {{ q.json_rows(all.fields) }} as j
{% endmacro %}

{% macro load_sizes() %}{# The subitems of a page of items. #}
insert into {{ _work("Sizes") }} (SUBITEM_ID, ITEM_ID, SUBITEM_NAME, CELL_LABEL, IS_LABELLED, CELL_QTY, QUANTITY)
select j.SUBITEM_ID, j.ITEM_ID, j.SUBITEM_NAME, j.CELL_LABEL, j.IS_LABELLED, j.CELL_QTY, j.QUANTITY
from {{ q.json_rows([
    ("SUBITEM_ID", bigint), ("ITEM_ID", bigint), ("SUBITEM_NAME", text), ("CELL_LABEL", short(100)), ("IS_LABELLED", integer),
    ("CELL_QTY", text), ("QUANTITY", decimal)]) }} as j
{% endmacro %}

{# Items and subitems whose key or size a person changed: it is what they are found by, and no update writes it. #}
{% macro lost_keys() %}
select d.LEVEL, d.ORDER_KEY, d.SIZE_LABEL, d.MONDAY_ID
from {{ _work("Differences") }} as d
where d.COLUMN_NAME in ('ORDER_KEY', 'SIZE_LABEL') and {{ _planned("d.ORDER_KEY") }}
order by d.MONDAY_ID
{% endmacro %}

{% macro mark_pending() %}{# What a request under way may yet settle is pending, whatever it looks like now. #}
update {{ _work("Found") }}
set NOTE = CLASS, CLASS = 'pending'
where CLASS <> 'pending'
    and exists (
        select 1
        from {{ _work("Pending") }} as p
        where (p.LEVEL = 'ITEM' and p.ROW_KEY = {{ _work("Found") }}.ORDER_KEY)
            or (p.LEVEL = 'SUBITEM' and p.ROW_KEY = concat({{ _work("Found") }}.ORDER_KEY, '|', {{ _work("Found") }}.SIZE_LABEL))
            or (p.LEVEL = 'KEY' and p.ROW_KEY = cast({{ _work("Found") }}.MONDAY_ID as {{ short(40) }}))
    )
{% endmacro %}

{% macro marks(into) %}{# One text per confirmed row that changes with it. #}
{% macro item_mark() %}concat(MONDAY_ITEM_ID, '|', ROW_HASH, '|', cast(LAST_PUSHED_AT as {{ short(40) }}), '|', cast(ARCHIVED_AT as {{ short(40) }})){% endmacro %}
{% macro size_mark() %}concat(MONDAY_SUBITEM_ID, '|', ORDER_QTY, '|', MONDAY_PARENT_ITEM_ID, '|', cast(LAST_PUSHED_AT as {{ short(40) }})){% endmacro %}
{% if into == "Before" %}
insert into {{ _work("Before") }} (LEVEL, ROW_KEY, MARK)
select 'ITEM', ORDER_KEY, {{ item_mark() }}
from {{ _orders }}
union all
select 'SUBITEM', concat(ORDER_KEY, '|', SIZE_LABEL), {{ size_mark() }}
from {{ _sizes }}
{% else %}
insert into {{ _work("Pending") }} (LEVEL, ROW_KEY)
select coalesce(n.LEVEL, b.LEVEL), coalesce(n.ROW_KEY, b.ROW_KEY)
from {{ _work("Before") }} as b
full outer join (
    select 'ITEM' as LEVEL, ORDER_KEY as ROW_KEY, {{ item_mark() }} as MARK
    from {{ _orders }}
    union all
    select 'SUBITEM', concat(ORDER_KEY, '|', SIZE_LABEL), {{ size_mark() }}
    from {{ _sizes }}
) as n
    on {{ q.bin("n.ROW_KEY") }} = b.ROW_KEY and n.LEVEL = b.LEVEL
where b.ROW_KEY is null or n.ROW_KEY is null or {{ q.bin("n.MARK") }} <> b.MARK
{% endif %}
{% endmacro %}

{# Which order each item of the board stands for: by its confirmed id, else by its key. Of several the confirmed one comes first, then the oldest. STATE says what the tables know of that order: LIVE (on the board), OFF (archived, or its item is forgotten), STAGED (not yet on the board), NONE. #}
{% macro match_items(staged) %}
insert into {{ _work("Matched") }} (ITEM_ID, ORDER_KEY, BY_ID, POSITION, STATE)
select k.ITEM_ID,
    k.ORDER_KEY, k.BY_ID,
    case
        when k.ORDER_KEY is null then 1
        else cast(row_number() over (partition by k.ORDER_KEY order by k.BY_ID desc, k.ITEM_ID) as {{ integer }})
    end,
    case
        when m.ORDER_KEY is not null and m.MONDAY_ITEM_ID is not null and m.ARCHIVED_AT is null then 'LIVE'
        when m.ORDER_KEY is not null then 'OFF'
{% if staged %}
        when s.ORDER_KEY is not null then 'STAGED'
{% endif %}
        else 'NONE'
    end
from (
    select i.ITEM_ID,
        coalesce(c.ORDER_KEY, i.CELL_KEY) as ORDER_KEY,
        case when c.ORDER_KEY is null then 0 else 1 end as BY_ID
    from {{ _work("Items") }} as i
    left join {{ _orders }} as c on c.MONDAY_ITEM_ID = i.ITEM_ID
) as k
left join {{ _orders }} as m on m.ORDER_KEY = k.ORDER_KEY
{% if staged %}
left join {{ _staged }} as s on {{ q.bin("s.ORDER_KEY") }} = k.ORDER_KEY and s.CHANGE_TYPE = 'CREATE'
{% endif %}
{% endmacro %}

{# Which size each subitem stands for: by its confirmed id, else by its label in any case. Only under items that stand for an order that the tables know. #}
{% macro match_sizes(staged) %}
insert into {{ _work("MatchedSizes") }} (
    SUBITEM_ID, ITEM_ID, ORDER_KEY, SIZE_LABEL, PARENT_BY_ID, BY_ID, POSITION, STATE
)
select k.SUBITEM_ID,
    k.ITEM_ID, k.ORDER_KEY, k.SIZE_LABEL, k.PARENT_BY_ID, k.BY_ID,
    case
        when k.SIZE_LABEL is null then 1
        else cast(
            row_number() over (partition by k.ORDER_KEY, k.SIZE_LABEL order by k.BY_ID desc, k.SUBITEM_ID) as {{ integer }}
        )
    end,
    case
        when x.MONDAY_SUBITEM_ID is not null and x.MONDAY_PARENT_ITEM_ID = k.ITEM_ID then 'LIVE'
        when x.ORDER_KEY is not null then 'OFF'
        when k.IS_STAGED = 1 then 'STAGED'
        else 'NONE'
    end
from (
    select s.SUBITEM_ID,
        s.ITEM_ID, p.ORDER_KEY, p.BY_ID as PARENT_BY_ID,
        case when c.ORDER_KEY is null then 0 else 1 end as BY_ID,
        coalesce(c.SIZE_LABEL, l.SIZE_LABEL, {{ "g.SIZE_LABEL, " if staged }}upper(s.CELL_LABEL)) as SIZE_LABEL,
        {{ "case when g.SIZE_LABEL is null then 0 else 1 end" if staged else "0" }} as IS_STAGED
    from {{ _work("Sizes") }} as s
    inner join {{ _work("Matched") }} as p
        on p.ITEM_ID = s.ITEM_ID and p.POSITION = 1 and p.ORDER_KEY is not null and p.STATE <> 'NONE'
    left join {{ _sizes }} as c on c.MONDAY_SUBITEM_ID = s.SUBITEM_ID
        and c.ORDER_KEY = p.ORDER_KEY and c.MONDAY_PARENT_ITEM_ID = s.ITEM_ID
    left join (
        select ORDER_KEY, upper(SIZE_LABEL) as FOLDED, min(SIZE_LABEL) as SIZE_LABEL
        from {{ _sizes }}
        group by ORDER_KEY, upper(SIZE_LABEL)
    ) as l
        on l.ORDER_KEY = p.ORDER_KEY and l.FOLDED = upper(s.CELL_LABEL)
{% if staged %}
    left join (
        select {{ q.bin("ORDER_KEY") }} as ORDER_KEY, {{ q.bin("upper(SIZE_LABEL)") }} as FOLDED, min({{ q.bin("SIZE_LABEL") }}) as SIZE_LABEL
        from {{ _staged_sizes }}
        group by {{ q.bin("ORDER_KEY") }}, {{ q.bin("upper(SIZE_LABEL)") }}
    ) as g
        on g.ORDER_KEY = p.ORDER_KEY and g.FOLDED = upper(s.CELL_LABEL)
{% endif %}
) as k
left join {{ _sizes }} as x on x.ORDER_KEY = k.ORDER_KEY and x.SIZE_LABEL = k.SIZE_LABEL
{% endmacro %}

{% macro pending(owner) %}{# Rows that a push holds, or whose request has no outcome yet. #}
insert into {{ _work("Pending") }} (LEVEL, ROW_KEY)
select LEVEL, ROW_KEY
from {{ _claims }}
{% if owner %}
where REQUEST_ID <> ?
{% endif %}
union
select {{ q.bin("r.LEVEL") }}, {{ q.bin("r.ROW_KEY") }}
from {{ table("MON_ApiRequestRows") }} as r
inner join {{ table("MON_ApiRequests") }} as o on o.REQUEST_ID = r.REQUEST_ID
where o.OUTCOME is null
{% endmacro %}

{# The orders that a repair may touch: those with a finding of ours that isn't pending and isn't a person's to make, such
   as moving an item back from another board. #}
{% macro plan(park) %}
insert into {{ _work("Plan") }} (ORDER_KEY)
select distinct f.ORDER_KEY
from {{ _work("Found") }} as f
where f.ORDER_KEY is not null and f.IS_OURS = 1 and f.CLASS not in ('pending', 'edited')
    and not (f.CLASS = 'missing' and f.LEVEL = 'ITEM' and f.NOTE like 'on board %')
{% if park %}
    and not (f.CLASS = 'missing' and f.LEVEL = 'ITEM' and not exists (
        select 1 from {{ _work("Matched") }} as o where o.ORDER_KEY = f.ORDER_KEY
    ))
{% endif %}
{% endmacro %}

{% macro plan_rows() %}{# The rows of the planned orders, as claims name them. #}
insert into {{ _work("Rows") }} (LEVEL, ROW_KEY, ORDER_KEY)
select 'ITEM', p.ORDER_KEY, p.ORDER_KEY
from {{ _work("Plan") }} as p
union
select 'SUBITEM', concat(x.ORDER_KEY, '|', x.SIZE_LABEL), x.ORDER_KEY
from {{ _sizes }} as x
inner join {{ _work("Plan") }} as p on p.ORDER_KEY = x.ORDER_KEY
union
select 'SUBITEM', concat(s.ORDER_KEY, '|', s.SIZE_LABEL), s.ORDER_KEY
from {{ _work("MatchedSizes") }} as s
inner join {{ _work("Plan") }} as p on p.ORDER_KEY = s.ORDER_KEY
where s.SIZE_LABEL is not null and s.STATE <> 'NONE'
{% endmacro %}

{% macro prune_plan() %}{# Orders of which something is pending are left to the push that is at them. #}
delete from {{ _work("Plan") }}
where exists (select 1 from {{ _work("Pending") }} as b where b.LEVEL = 'ITEM' and b.ROW_KEY = {{ _work("Plan") }}.ORDER_KEY)
    or exists (
        select 1
        from {{ _work("Rows") }} as r
        inner join {{ _work("Pending") }} as b on b.LEVEL = r.LEVEL and b.ROW_KEY = r.ROW_KEY
        where r.ORDER_KEY = {{ _work("Plan") }}.ORDER_KEY
    )
{% endmacro %}

{# A request of no row of ours, recorded and not sent: the next push takes it over at once and sends it. #}
{% macro record_request() %}
insert into {{ table("MON_ApiRequests") }}
    (REQUEST_ID, RUN_ID, OPERATION, BODY, ROW_COUNT, WORKER, LEASE_UNTIL, ATTEMPTS, RECORDED_AT)
values (?, ?, ?, ?, ?, 'audit', ?, 0, ?)
{% endmacro %}

{% macro release() %}{# The repair is written. #}
delete from {{ _claims }} where REQUEST_ID = ?
{% endmacro %}

{# Orders whose item is another one by now, or is back on the board: the id, and what else is known of the place. #}
{% macro repair_adopt() %}
update {{ _orders }}
set MONDAY_ITEM_ID = n.ITEM_ID, MONDAY_GROUP_ID = n.GROUP_ID, MONDAY_BOARD_ID = ?, ARCHIVED_AT = null, ROW_HASH = ?
from (
    select p.ORDER_KEY, p.ITEM_ID, i.GROUP_ID
    from {{ _work("Matched") }} as p
    inner join {{ _work("Items") }} as i on i.ITEM_ID = p.ITEM_ID
    where p.POSITION = 1 and ((p.STATE = 'OFF') or (p.STATE = 'LIVE' and p.BY_ID = 0))
        and {{ _planned("p.ORDER_KEY") }}
) as n
where n.ORDER_KEY = {{ _orders }}.ORDER_KEY
{% endmacro %}

{% macro repair_adopt_sizes() %}{# Sizes whose subitem is another one by now, with the quantity that it shows. #}
update {{ _sizes }}
set MONDAY_SUBITEM_ID = n.SUBITEM_ID,
    MONDAY_PARENT_ITEM_ID = n.ITEM_ID, MONDAY_SUBITEM_BOARD_ID = ?, ORDER_QTY = n.ORDER_QTY
from (
    select p.ORDER_KEY, p.SIZE_LABEL, p.SUBITEM_ID, p.ITEM_ID, {{ _whole("s.QUANTITY") }} as ORDER_QTY
    from {{ _work("MatchedSizes") }} as p
    inner join {{ _work("Sizes") }} as s on s.SUBITEM_ID = p.SUBITEM_ID
    where p.POSITION = 1 and p.BY_ID = 0 and p.STATE in ('LIVE', 'OFF') and {{ _planned("p.ORDER_KEY") }}
) as n
where n.ORDER_KEY = {{ _sizes }}.ORDER_KEY and n.SIZE_LABEL = {{ _sizes }}.SIZE_LABEL
{% endmacro %}

{# A differing column is confirmed as the board shows it, under a hash of its own: the next build stages the difference. #}
{% macro repair_column(column, kind) %}
update {{ _orders }}
set {{ quoted(column) }} = {{ _as_kept(kind, "i." ~ quoted(column)) }}, ROW_HASH = ?{% if column == "GROUP_NAME" %}, MONDAY_GROUP_ID = i.GROUP_ID{% endif %}

from {{ _work("Differences") }} as d
inner join {{ _work("Items") }} as i on i.ITEM_ID = d.MONDAY_ID
where d.LEVEL = 'ITEM' and d.COLUMN_NAME = ? and d.ORDER_KEY = {{ _orders }}.ORDER_KEY
    and {{ _planned("d.ORDER_KEY") }}
{% endmacro %}

{# Orders whose item is gone and that no other item stands for: the next build stages them anew. #}
{% macro repair_missing() %}
update {{ _orders }}
set ARCHIVED_AT = ?
where MONDAY_ITEM_ID is not null and ARCHIVED_AT is null
    and not exists (select 1 from {{ _work("Matched") }} as o where o.ORDER_KEY = {{ _orders }}.ORDER_KEY)
    and {{ _planned(_orders ~ ".ORDER_KEY") }}
{% endmacro %}

{% macro repair_missing_sizes() %}{# Sizes whose subitem is gone and that no other subitem stands for. #}
update {{ _sizes }}
set MONDAY_SUBITEM_ID = null
where MONDAY_SUBITEM_ID is not null
    and exists (
        select 1
        from {{ _work("Matched") }} as p
        where p.ORDER_KEY = {{ _sizes }}.ORDER_KEY and p.ITEM_ID = {{ _sizes }}.MONDAY_PARENT_ITEM_ID
    )
    and not exists (
        select 1
        from {{ _work("MatchedSizes") }} as s
        where s.ORDER_KEY = {{ _sizes }}.ORDER_KEY and s.SIZE_LABEL = {{ _sizes }}.SIZE_LABEL
    )
    and {{ _planned(_sizes ~ ".ORDER_KEY") }}
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
{% macro repair_staged(kinds) %}
insert into {{ _orders }} (
    ORDER_KEY, ROW_HASH, ITEM_NAME, GROUP_NAME, BATCH_CUSTOMER, SOURCE_CUSTOMER,
{% for column, type, name in columns %}
    {{ column }},
{% endfor %}
    MONDAY_ITEM_ID, MONDAY_GROUP_ID, MONDAY_BOARD_ID, FIRST_PUSHED_AT, LAST_PUSHED_AT
)
select
    p.ORDER_KEY, ?, {{ _as_kept("name", "i.ITEM_NAME") }}, {{ _as_kept("group", "i.GROUP_NAME") }}, s.BATCH_CUSTOMER, s.SOURCE_CUSTOMER,
{% for column, kind in kinds %}
    {{ _as_kept(kind, "i." ~ column) }},
{% endfor %}
    p.ITEM_ID, i.GROUP_ID, ?, ?, ?
from {{ _work("Matched") }} as p
inner join {{ _work("Items") }} as i on i.ITEM_ID = p.ITEM_ID
inner join {{ _staged }} as s on {{ q.bin("s.ORDER_KEY") }} = p.ORDER_KEY
where p.POSITION = 1 and p.STATE = 'STAGED' and {{ _planned("p.ORDER_KEY") }}
{% endmacro %}

{% macro repair_staged_sizes() %}{# Sizes that stand on the board although the tables never heard of them. #}
insert into {{ _sizes }} (
    ORDER_KEY, SIZE_LABEL, ORDER_QTY, MONDAY_SUBITEM_ID, MONDAY_PARENT_ITEM_ID, MONDAY_SUBITEM_BOARD_ID, FIRST_PUSHED_AT,
    LAST_PUSHED_AT
)
select p.ORDER_KEY, p.SIZE_LABEL, {{ _whole("s.QUANTITY") }}, p.SUBITEM_ID, p.ITEM_ID, ?, ?, ?
from {{ _work("MatchedSizes") }} as p
inner join {{ _work("Sizes") }} as s on s.SUBITEM_ID = p.SUBITEM_ID
where p.POSITION = 1 and p.STATE = 'STAGED' and {{ _planned("p.ORDER_KEY") }}
{% endmacro %}

{% macro report() %}{# The findings in the order in which they are told. #}
insert into {{ _work("Report") }} (N, {{ _found }})
select row_number() over (order by CLASS, LEVEL, ORDER_KEY, SIZE_LABEL, MONDAY_ID, COLUMN_NAME),
    {{ _found }}
from {{ _work("Found") }}
{% endmacro %}

{% macro set_customer() %}{# Whose the findings are: as the tables say, for unknown items as the board shows. #}
update {{ _work("Found") }}
set CUSTOMER = c.CUSTOMER
from (
    select f.MONDAY_ID, f.LEVEL, max(coalesce(m.BATCH_CUSTOMER, substring(i."CUSTOMER", 1, 255))) as CUSTOMER
    from {{ _work("Found") }} as f
    left join {{ _orders }} as m on m.ORDER_KEY = f.ORDER_KEY
    left join {{ _work("Items") }} as i on i.ITEM_ID = f.MONDAY_ID
    group by f.MONDAY_ID, f.LEVEL
) as c
where c.MONDAY_ID = {{ _work("Found") }}.MONDAY_ID and c.LEVEL = {{ _work("Found") }}.LEVEL
{% endmacro %}

{# Where a subitem shows another size, quantity or name than what was confirmed. A quantity that the tables don't know (an adopted subitem's) is staged anyhow, and not compared. #}
{% macro size_differences() %}
insert into {{ _work("Differences") }} ({{ _difference }})
select 'SUBITEM', p.ORDER_KEY, p.SIZE_LABEL, p.SUBITEM_ID, c.COLUMN_NAME, c.CONFIRMED, c.ON_BOARD, p.BY_ID, c.IS_EDIT
from {{ _work("MatchedSizes") }} as p
inner join (
    select
        p.SUBITEM_ID, 'ORDER_QTY' as COLUMN_NAME, cast(x.ORDER_QTY as {{ text }}) as CONFIRMED, s.CELL_QTY as ON_BOARD, 0 as IS_EDIT
    from {{ _work("MatchedSizes") }} as p
    inner join {{ _sizes }} as x on x.ORDER_KEY = p.ORDER_KEY and x.SIZE_LABEL = p.SIZE_LABEL
    inner join {{ _work("Sizes") }} as s on s.SUBITEM_ID = p.SUBITEM_ID
    where x.ORDER_QTY is not null and (s.QUANTITY is null or s.QUANTITY <> x.ORDER_QTY)
    union all
    select p.SUBITEM_ID, 'SIZE_LABEL', {{ _plain("p.SIZE_LABEL") }}, {{ _plain("s.CELL_LABEL") }}, 0
    from {{ _work("MatchedSizes") }} as p
    inner join {{ _work("Sizes") }} as s on s.SUBITEM_ID = p.SUBITEM_ID
    where (s.IS_LABELLED = 0 or upper(s.CELL_LABEL) <> upper(p.SIZE_LABEL))
        and not exists (
            select 1
            from {{ table("ERR_MON_CustMasterSchedule_Subitems") }} as e
            where e.ORDER_KEY = p.ORDER_KEY and e.SIZE_LABEL = p.SIZE_LABEL and e.RESOLVED_AT is null
                and e.ERROR_CLASS = 'CELL' and e.COLUMN_NAME = 'SIZE_LABEL' and s.IS_LABELLED = 0
        )
    union all
    select p.SUBITEM_ID, 'SUBITEM_NAME', {{ _plain("concat('Size ', p.SIZE_LABEL)") }}, s.SUBITEM_NAME, 1
    from {{ _work("MatchedSizes") }} as p
    inner join {{ _work("Sizes") }} as s on s.SUBITEM_ID = p.SUBITEM_ID
    where {{ q.bin("concat('Size ', p.SIZE_LABEL)") }} <> s.SUBITEM_NAME
) as c
    on c.SUBITEM_ID = p.SUBITEM_ID
where p.POSITION = 1 and p.STATE in ('LIVE', 'OFF', 'STAGED')
{% endmacro %}

{% macro surplus() %}{# Items and subitems that stand for an order or a size beside the one that stays. #}
select p.ITEM_ID as MONDAY_ID
from {{ _work("Matched") }} as p
where p.POSITION > 1 and p.STATE <> 'NONE' and {{ _planned("p.ORDER_KEY") }}
union all
select p.SUBITEM_ID
from {{ _work("MatchedSizes") }} as p
where p.POSITION > 1 and p.STATE <> 'NONE' and {{ _planned("p.ORDER_KEY") }}
order by MONDAY_ID
{% endmacro %}

{% macro totals() %}{# What was compared. #}
select (select count(*) from {{ _work("Items") }}) as ITEMS,
    (select count(*) from {{ _work("Sizes") }}) as SUBITEMS,
    (select count(*) from {{ _orders }} where MONDAY_ITEM_ID is not null and ARCHIVED_AT is null) as ORDERS,
    (
        select count(*)
        from {{ _sizes }} as x
        inner join {{ _orders }} as m
            on m.ORDER_KEY = x.ORDER_KEY and m.MONDAY_ITEM_ID = x.MONDAY_PARENT_ITEM_ID and m.ARCHIVED_AT is null
        where x.MONDAY_SUBITEM_ID is not null
    ) as SIZES
{% endmacro %}
