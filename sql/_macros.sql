-- Building blocks of the statements; each says the same thing in both engines' words.

-- When an order was made, as far as the oldest goes first.
{% set ordered_at = 'coalesce(s."ORDER DATE PO RECEIVED", cast(\'9999-12-31\' as date))' %}
{% set keys = {"ITEM": ["ORDER_KEY"], "SUBITEM": ["ORDER_KEY", "SIZE_LABEL"]} %}
-- The fields of JSON that come as parameters; others are texts of up to 255 characters.
{% set _types = {
    "ROW_VALUES": text, "ERROR_MESSAGE": text, "COLUMN_VALUE": text, "API_PAYLOAD": text, "ADDRESS": text,
    "OTHER_CELLS": text, "SUBITEM_NAME": text, "HTTP_STATUS": integer, "ATTEMPT": integer, "RETRYABLE": integer,
    "MAX_RETRIES_REACHED": integer, "DIFFERS": integer, "TOTAL QTY": integer, "ORDER_QTY": bigint, "BOARD_ID": bigint,
    "ITEM_ID": bigint, "SUBITEM_ID": bigint, "QTY": bigint, "_monday_id": bigint, "_parent_id": bigint,
    "_board_id": bigint, "CREATED_AT": time, "UPDATED_AT": time, "ROW_KEY": short(400), "SIZE_LABEL": short(100),
} %}

-- bin(expression): A text that is compared byte for byte, whatever the collation of its column.
{{ expression }}{{ " collate Latin1_General_100_BIN2" if not duckdb }}

-- each(before, names): Names, quoted, each behind this.
{% for name in names %}{{ before }}{{ quoted(name) }}{% endfor %}

-- norm(expression): A text as it is compared: trimmed, in capitals, null where blank. Both sides go through it.
nullif(upper({{ bin("ltrim(rtrim(" ~ expression ~ "))") }}), '')

-- same(columns, one, other): Whether rows have the same key; that of `other` may have any collation.
{% for name in columns %}{{ one }}.{{ name }} = {{ bin(other ~ "." ~ name) }}{{ " and " if not loop.last }}{% endfor %}

-- row_key(level, alias): The key of an order or of a size as one text.
{{ bin(alias ~ ".ORDER_KEY" if level == "ITEM" else "concat(" ~ alias ~ ".ORDER_KEY, '|', " ~ alias ~ ".SIZE_LABEL)") }}

-- json_rows(fields, object=none, types={}): Rows of a JSON array of objects, the parameter `?`, or the one row of an
-- object. types: of fields that are others than those above.
{% set types = dict(_types, **types) %}
{% if duckdb %}
(select unnest(from_json(cast({{ "concat('[', " ~ object ~ ", ']')" if object else "?" }} as json), '[{
{%- for name in fields %}"{{ name }}": "{{ types.get(name, short(255)) }}"{{ ", " if not loop.last }}{% endfor -%}
}]'), recursive := true))
{% else %}
openjson({{ object or "?" }}) with (
    {% for name in fields %}
    {{ quoted(name) }} {{ types.get(name, short(255)) }} '$."{{ name }}"'{{ "," if not loop.last }}
    {% endfor %}
)
{% endif %}

-- listed(name): The texts of one field of a JSON array of objects, the parameter `?`.
(select {{ bin("k." ~ name) }} from {{ json_rows([name]) }} as k)

-- limit(number): So many rows at most, behind their order.
offset 0 rows fetch next {{ number }} rows only

-- select_into(target, columns): A select whose rows become a table of this connection.
{{ "create or replace temp table " ~ target ~ " as" if duckdb }}
select {{ columns }} {{ "into " ~ target if not duckdb }}

-- here(alias): Rows of INFORMATION_SCHEMA about this database: DuckDB's tell of every one that is attached.
{{ "and " ~ alias ~ ".TABLE_CATALOG = current_database()" if duckdb }}

-- chosen(selection): Rows asked for; parameters: batch, customer twice, po, aag season, customer season.
{{ "and s.BATCH_ID = ?" if "batch" in selection }}
{% if "customer" in selection %}
    and ({{ bin("upper(s.SOURCE_CUSTOMER)") }} = upper(?) or {{ bin("upper(s.BATCH_CUSTOMER)") }} = upper(?))
{% endif %}
{% set others = {"po": "PO NUMBER", "aag_season": "AAG SEASON", "customer_season": "CUSTOMER SEASON"} %}
{% for name, column in others.items() if name in selection %}
    and {{ bin("upper(s." ~ quoted(column) ~ ")") }} = upper(?)
{% endfor %}

-- of_filters(filters): Rows of an error table by some of their columns: a parameter each, in this order.
{{ "and COLUMN_NAME = ?" if "column" in filters }} {{ "and BATCH_ID = ?" if "batch" in filters }}
{{ "and " ~ bin("upper(BATCH_CUSTOMER)") ~ " = upper(?)" if "customer" in filters }}

-- seconds(start, end): Seconds between two times.
{{ "date_diff('millisecond', " if duckdb else "datediff_big(millisecond, " }}{{ start }}, {{ end }}) / 1000.0

-- last_lived(): When the run that worked on batch b last showed a sign of life.
coalesce(
    (
        select max(coalesce(r.FINISHED_AT, r.SENT_AT, r.RECORDED_AT))
        from {{ _requests }} as r where r.RUN_ID = {{ bin("b.RUN_ID") }}
    ),
    b.GROUPS_FINISHED_AT, b.PREFLIGHT_FINISHED_AT, b.RUN_STARTED_AT, b.STARTED_AT
)

-- greater(one, other): The greater of two numbers.
case when {{ one }} > {{ other }} then {{ one }} else {{ other }} end

-- errors(level): The error table of a level.
{{ table("ERR_MON_CustMasterSchedule_Subitems" if level == "SUBITEM" else "ERR_MON_CustMasterSchedule") }}

-- all_errors(): Errors of orders and sizes together.
{% set columns = "ORDER_KEY, BATCH_ID, ERR_ID, REQUEST_ID, GROUP_NAME, CHANGE_TYPE, STAGE, ERROR_CLASS, ERROR_CODE,
    ERROR_MESSAGE, COLUMN_NAME, HTTP_STATUS, ATTEMPT, CREATED_AT, RESOLVED_AT, RESOLVED_BY, RETRYABLE,
    MAX_RETRIES_REACHED, NEXT_RETRY_AT" %}
(
    select 'ITEM' as LEVEL, 'orders' as LEVEL_NAME, cast(null as {{ short(100) }}) as SIZE_LABEL, {{ columns }}
    from {{ errors("ITEM") }}
    union all
    select 'SUBITEM', 'sizes', SIZE_LABEL, {{ columns }} from {{ errors("SUBITEM") }}
) as e

-- holds_back(e): An error that holds its row back until data or mapping change; a blank cell holds none.
{{ e }}.ERROR_CLASS <> 'CELL' and ({{ e }}.RETRYABLE = 0 or {{ e }}.MAX_RETRIES_REACHED = 1)

-- open_errors(level, staged): Joins what the open errors of a staged row s come to, as e: runs in which it failed at
-- its data and mapping (staging may be older than the last of them), whether that holds it back, the staged names of
-- the cells that were left blank, whether they are due (the mapping or the column changed since, or somebody said
-- retry), and whether the quantity is one that isn't.
{% set same_row, blank = "e.ROW_HASH = t.ROW_HASH and e.MAPPING_HASH = t.MAPPING_HASH", "e.ERROR_CLASS = 'CELL'" %}
{% set key, line_end = "e." ~ keys[level] | join(", e."), "chr(10)" if duckdb else "char(10)" %}
left join (
    select {{ key }},
        max(case when e.ERROR_CLASS <> 'CELL' and {{ same_row }} then e.ATTEMPT end) as ATTEMPTS,
        max(case when {{ same_row }} and {{ holds_back("e") }} then 1 else 0 end) as IS_HELD,
        max(case when {{ blank }} and (e.NEXT_RETRY_AT is not null or e.MAPPING_HASH <> t.MAPPING_HASH)
            then 1 else 0 end) as CELLS_DUE,
        max(case when {{ blank }} and e.COLUMN_NAME = 'ORDER_QTY' and e.NEXT_RETRY_AT is null and {{ same_row }}
            then 1 else 0 end) as QTY_BLANK,
        string_agg(case when {{ blank }} then cast(e.COLUMN_NAME as {{ text }}) end, {{ line_end }}) as BLANK_CELLS
    from {{ errors(level) }} as e
    inner join {{ staged }} as t on {{ same(keys[level], "e", "t") }}
    where e.RESOLVED_AT is null
    group by {{ key }}
) as e on {{ same(keys[level], "e", "s") }}

-- needs_work(level): An order that still needs work: not confirmed at this hash, not held by the error table. Or a
-- size: its parent is on the board, and the quantity isn't confirmed under it. s: staged, m: confirmed order, x:
-- confirmed size under it, e: errors.
{% if level == "ITEM" %}
(
    (s.CHANGE_TYPE = 'ARCHIVE' and m.MONDAY_ITEM_ID is not null and m.ARCHIVED_AT is null)
    or (
        s.CHANGE_TYPE <> 'ARCHIVE' and (m.MONDAY_ITEM_ID is null or m.ARCHIVED_AT is not null
            or coalesce(m.ROW_HASH, '') <> s.ROW_HASH or e.CELLS_DUE = 1)
    )
)
{% else %}
(
    (
        coalesce(x.ORDER_QTY, -1) <> s.ORDER_QTY and ((x.MONDAY_SUBITEM_ID is null and s.ORDER_QTY > 0)
            or (x.MONDAY_SUBITEM_ID is not null and coalesce(e.QTY_BLANK, 0) = 0))
    )
    or (x.MONDAY_SUBITEM_ID is not null and e.CELLS_DUE = 1)
)
{% endif %}
and coalesce(e.IS_HELD, 0) = 0

-- is_creation(): An order that has no item on the board as far as the tables know. s: staged, m: confirmed.
s.CHANGE_TYPE <> 'ARCHIVE' and (m.MONDAY_ITEM_ID is null or m.ARCHIVED_AT is not null)

-- in_hand(level, row_key, ours=false): A row that a run has claimed; `ours`: for the request of the parameter.
exists (
    select 1 from {{ _claims }} as c
    where c.LEVEL = {{ level }} and c.ROW_KEY = {{ row_key }} {{ "and c.REQUEST_ID = ?" if ours }}
)

-- is_free(level="ITEM"): An order, or a size, that no run has in hand. s: staged.
not {{ in_hand("'" ~ level ~ "'", row_key(level, "s")) }}

-- claim(rows): Claims rows (LEVEL, ROW_KEY) that nobody has in hand. Parameters: request, worker, end of the lease.
insert into {{ _claims }} (LEVEL, ROW_KEY, REQUEST_ID, WORKER, LEASE_UNTIL)
select r.LEVEL, r.ROW_KEY, ?, ?, ?
from ({{ rows }}) as r
where not {{ in_hand(bin("r.LEVEL"), bin("r.ROW_KEY")) }}

-- staged_items(made_again): The staged orders; made again, also those of which sizes alone are staged, as confirmed.
{% if not made_again %}
{{ _staged }}
{% else %}
{% set own = ["ORDER_KEY", "BATCH_CUSTOMER", "SOURCE_CUSTOMER", "ITEM_NAME", "GROUP_NAME", quoted("TOTAL QTY")] %}
{% set names = own + (columns | map("first") | reject("in", own) | list) %}
(
    select BATCH_ID, MAPPING_HASH, CHANGE_TYPE, CHANGED_COLUMNS, CONFIRMED_HASH, ROW_HASH, ATTEMPTS,
        {{ bin("ORDER_KEY") }} as ORDER_KEY, {{ names[1:] | join(", ") }}
    from {{ _staged }}
    union all
    select i.BATCH_ID, i.MAPPING_HASH, 'CREATE', null, null, coalesce(o.ROW_HASH, ''), 0, o.{{ names | join(", o.") }}
    from {{ _orders }} as o
    inner join (select distinct ORDER_KEY, BATCH_ID, MAPPING_HASH from {{ _staged_sizes }}) as i
        on {{ same(keys.ITEM, "o", "i") }}
    where not exists (select 1 from {{ _staged }} as t where {{ same(keys.ITEM, "o", "t") }})
)
{% endif %}

-- staged_sizes(made_again): The staged sizes; of orders whose item was made again also those that stood under the item
-- before, as confirmed: what no longer stands anywhere was not staged as a change.
{% if not made_again %}
{{ _staged_sizes }}
{% else %}
(
    select {{ bin("ORDER_KEY") }} as ORDER_KEY, {{ bin("SIZE_LABEL") }} as SIZE_LABEL, SIZE_POSITION,
        {{ bin("SUBITEM_NAME") }} as SUBITEM_NAME, ORDER_QTY, BATCH_ID, BATCH_CUSTOMER, ROW_HASH, MAPPING_HASH
    from {{ _staged_sizes }}
    union all
    select o.ORDER_KEY, o.SIZE_LABEL, 20000, concat('Size ', o.SIZE_LABEL), o.ORDER_QTY, i.BATCH_ID, i.BATCH_CUSTOMER,
        '', i.MAPPING_HASH
    from {{ _sizes }} as o
    inner join (
        select ORDER_KEY, BATCH_ID, BATCH_CUSTOMER, MAPPING_HASH from {{ _staged }}
        union
        select ORDER_KEY, BATCH_ID, BATCH_CUSTOMER, MAPPING_HASH from {{ _staged_sizes }}
    ) as i on {{ same(keys.ITEM, "o", "i") }}
    inner join {{ _orders }} as p on p.ORDER_KEY = o.ORDER_KEY
    where o.ORDER_QTY > 0 and o.MONDAY_PARENT_ITEM_ID <> p.MONDAY_ITEM_ID
        and not exists (select 1 from {{ _staged_sizes }} as t where {{ same(keys.SUBITEM, "o", "t") }})
)
{% endif %}

-- known_sizes(): What was known of a size, whatever item it stood under: y.
left join {{ _sizes }} as y on {{ same(keys.SUBITEM, "y", "s") }}

-- in_order(made_again): Sizes as planners know them: as they stood before, then by the place of their column.
s.ORDER_KEY, {{ "case when y.MONDAY_SUBITEM_ID is null then 1 else 0 end, y.MONDAY_SUBITEM_ID, " if made_again }}
s.SIZE_POSITION, s.SIZE_LABEL

-- staged(level, made_again=false, asked=none): The staged rows of a level, and what is confirmed and refused of them;
-- of those that are asked for (a table of keys) alone.
{% set rows = staged_items(made_again) if level == "ITEM" else staged_sizes(made_again) %}
{{ rows }} as s {{ "on " ~ same(keys[level], asked, "s") if asked }}
left join {{ _orders }} as m on {{ same(keys.ITEM, "m", "s") }}
{% if level == "SUBITEM" %}
    and m.MONDAY_ITEM_ID is not null and m.ARCHIVED_AT is null
left join {{ _sizes }} as x on {{ same(keys.SUBITEM, "x", "s") }}
    and x.MONDAY_PARENT_ITEM_ID = m.MONDAY_ITEM_ID and x.MONDAY_SUBITEM_ID is not null
{{ known_sizes() if made_again }}
{% endif %}
{{ open_errors(level, rows) }}

-- staged_work(level, selection=()): The staged rows of a level that still need work; parameters: those of chosen.
from {{ staged(level) }}
where {{ needs_work(level) }} {{ chosen(selection) }}

-- oldest_creations(rows, selection): The orders to create that find room on a board that takes so many: the oldest that
-- no run has in hand.
select {{ bin("s.ORDER_KEY") }} as ORDER_KEY
{{ staged_work("ITEM", selection) }} and {{ is_creation() }} and {{ is_free() }} {{ "and 1 = 0" if not rows }}
order by {{ ordered_at }}, {{ bin("s.ORDER_KEY") }} {{ limit(rows or 1) }}

-- taken(selection, with_sizes, most, room): Rows of the orders that a push takes: those with work of their own (to be
-- created as far as there is room), then those on the board with sizes alone; with --limit the first of them. What a
-- run has in hand comes besides. Parameters: those of chosen, again where room is limited, again where sizes are asked
-- for.
and (
    not {{ is_free() }}
    or {{ bin("s.ORDER_KEY") }} in (
        select due.ORDER_KEY
        from (
            select {{ bin("s.ORDER_KEY") }} as ORDER_KEY, {{ bin("s.BATCH_ID") }} as BATCH_ID, 1 as TURN
            {{ staged_work("ITEM", selection) }} and {{ is_free() }}
{% if room is not none %}
            and (
                not ({{ is_creation() }})
                or {{ bin("s.ORDER_KEY") }} in (select o.ORDER_KEY from ({{ oldest_creations(room, selection) }}) as o)
            )
{% endif %}
{% if with_sizes %}
            union all
            select {{ bin("s.ORDER_KEY") }}, {{ bin("s.BATCH_ID") }}, 2
            {{ staged_work("SUBITEM", selection) }} and m.MONDAY_ITEM_ID is not null
{% endif %}
        ) as due
        group by due.ORDER_KEY
        {{ "order by min(due.TURN), min(due.BATCH_ID), due.ORDER_KEY " ~ limit(most) if most }}
    )
)

-- was_full(): Whether the last run that ended had no room for all of its orders; the parameter is how it says so.
exists (
    select 1 from {{ _batches }} as b
    where b.ERROR_SUMMARY = ? and b.FINISHED_AT = (select max(l.FINISHED_AT) from {{ _batches }} as l)
)
