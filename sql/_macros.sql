{# Building blocks of the statements; each says the same thing in both engines' words. #}

{% macro bin(expression) -%}
{{ expression }}{% if not duckdb %} collate Latin1_General_100_BIN2{% endif %}
{%- endmacro %}

{# A text as it is compared: trimmed, in capitals, null where blank. Both sides go through it, so they agree. #}
{% macro norm(expression) -%}
nullif(upper({{ bin("ltrim(rtrim(" ~ expression ~ "))") }}), '')
{%- endmacro %}

{# Rows of a JSON array of objects, the parameter `?`, or the one row of an object. fields: (name, type) pairs. #}
{% macro json_rows(fields, object=none) -%}
{% if duckdb -%}
(select unnest(from_json(cast({{ "concat('[', " ~ object ~ ", ']')" if object else "?" }} as json), '[{ {%- for name, type in fields %}"{{ name }}": "{{ type }}"{{ ", " if not loop.last }}{% endfor -%} }]'), recursive := true))
{%- else -%}
openjson({{ object or "?" }}) with ({% for name, type in fields %}{{ quoted(name) }} {{ type }} '$."{{ name }}"'{{ ", " if not loop.last }}{% endfor %})
{%- endif %}
{%- endmacro %}

{% macro top(number) %}{% if not duckdb %}top ({{ number }}) {% endif %}{% endmacro %}
{% macro limit(number) %}{% if duckdb %}limit {{ number }}{% endif %}{% endmacro %}

{# Rows that a push was asked for; parameters in this order: batch, customer twice, po, aag season, customer season. #}
{% macro chosen(selection) %}
{% if "batch" in selection %}    and s.BATCH_ID = ?
{% endif %}
{% if "customer" in selection %}    and ({{ bin("upper(s.SOURCE_CUSTOMER)") }} = upper(?) or {{ bin("upper(s.BATCH_CUSTOMER)") }} = upper(?))
{% endif %}
{% for name, column in [("po", "PO NUMBER"), ("aag_season", "AAG SEASON"), ("customer_season", "CUSTOMER SEASON")] if name in selection %}
    and {{ bin("upper(s." ~ quoted(column) ~ ")") }} = upper(?)
{% endfor %}
{% endmacro %}

{# Seconds between two times. #}
{% macro seconds(start, end) -%}
{{ "date_diff('millisecond', " if duckdb else "datediff_big(millisecond, " }}{{ start }}, {{ end }}) / 1000.0
{%- endmacro %}

{# When the run that worked on batch b last showed a sign of life. #}
{% macro last_lived() -%}
coalesce(
        (
            select max(coalesce(r.FINISHED_AT, r.SENT_AT, r.RECORDED_AT))
            from {{ _requests }} as r
            where r.RUN_ID = {{ bin("b.RUN_ID") }}
        ), b.GROUPS_FINISHED_AT, b.PREFLIGHT_FINISHED_AT, b.RUN_STARTED_AT, b.STARTED_AT
    )
{%- endmacro %}

{# The greater of two numbers. #}
{% macro greater(one, other) %}case when {{ one }} > {{ other }} then {{ one }} else {{ other }} end{% endmacro %}

{% set _keys = {"ITEM": ["ORDER_KEY"], "SUBITEM": ["ORDER_KEY", "SIZE_LABEL"]} %}

{# Error tables by level. #}
{% macro errors(level) %}{{ table("ERR_MON_CustMasterSchedule_Subitems" if level == "SUBITEM" else "ERR_MON_CustMasterSchedule") }}{% endmacro %}

{# Errors of orders and sizes together, as a derived table. `where` may hold parameters: they come twice. #}
{% macro all_errors(columns, where) -%}
(
{% for level, size in [("ITEM", "cast(null as " ~ short(100) ~ ")"), ("SUBITEM", "SIZE_LABEL")] %}
    select '{{ level }}' as LEVEL, {{ "'orders'" if level == "ITEM" else "'sizes'" }} as LEVEL_NAME, ORDER_KEY, {{ size }} as SIZE_LABEL, {{ columns }}
    from {{ errors(level) }}
    where {{ where }}
    {{ "union all" if not loop.last }}
{% endfor %}
)
{%- endmacro %}

{# An error that holds its row back until data or mapping change. A cell that was left blank holds nothing back. #}
{% macro holds_back(e) -%}
{{ e }}.ERROR_CLASS <> 'CELL' and ({{ e }}.RETRYABLE = 0 or {{ e }}.MAX_RETRIES_REACHED = 1)
{%- endmacro %}

{# Joins what the open errors of a staged row s come to, as e: runs in which it failed at its data and mapping (staging may be
   older than the last of them), whether that holds it back, the staged names of the cells that were left blank, whether they
   are due (the mapping or the column changed since, or somebody said retry), and whether the quantity is one that isn't. #}
{% macro open_errors(level, staged) %}
{% set keys = _keys[level] %}
{% set same = "e.ROW_HASH = t.ROW_HASH and e.MAPPING_HASH = t.MAPPING_HASH" %}
left join (
    select {% for key in keys %}e.{{ key }}, {% endfor %}max(case when e.ERROR_CLASS <> 'CELL' and {{ same }} then e.ATTEMPT end) as ATTEMPTS,
        max(case when {{ same }} and {{ holds_back("e") }} then 1 else 0 end) as IS_HELD,
        max(case when e.ERROR_CLASS = 'CELL' and (e.NEXT_RETRY_AT is not null or e.MAPPING_HASH <> t.MAPPING_HASH) then 1 else 0 end) as CELLS_DUE,
        max(case when e.COLUMN_NAME = 'ORDER_QTY' and e.ERROR_CLASS = 'CELL' and e.NEXT_RETRY_AT is null and {{ same }} then 1 else 0 end) as QTY_BLANK,
        string_agg(case when e.ERROR_CLASS = 'CELL' then cast(e.COLUMN_NAME as {{ text }}) end, {{ "chr" if duckdb else "char" }}(10)) as BLANK_CELLS
    from {{ errors(level) }} as e
    inner join {{ staged }} as t on {% for key in keys %}{{ bin("t." ~ key) }} = e.{{ key }}{{ " and " if not loop.last }}{% endfor %}

    where e.RESOLVED_AT is null
    group by {% for key in keys %}e.{{ key }}{{ ", " if not loop.last }}{% endfor %}

) as e on {% for key in keys %}e.{{ key }} = {{ bin("s." ~ key) }}{{ " and " if not loop.last }}{% endfor %}

{% endmacro %}

{# An order that still needs work: not confirmed at this hash, not held by the error table. Or a size: its parent is on the board,
   and the quantity isn't confirmed under it. s: staged, m: confirmed order, x: confirmed size under it, e: errors. #}
{% macro needs_work(level) %}
{% if level == "ITEM" %}
    (
        (s.CHANGE_TYPE = 'ARCHIVE' and m.MONDAY_ITEM_ID is not null and m.ARCHIVED_AT is null)
        or (
            s.CHANGE_TYPE <> 'ARCHIVE'
            and (m.MONDAY_ITEM_ID is null or m.ARCHIVED_AT is not null or coalesce(m.ROW_HASH, '') <> s.ROW_HASH or e.CELLS_DUE = 1)
        )
    )
{% else %}
    (
        (
            coalesce(x.ORDER_QTY, -1) <> s.ORDER_QTY
            and ((x.MONDAY_SUBITEM_ID is null and s.ORDER_QTY > 0) or (x.MONDAY_SUBITEM_ID is not null and coalesce(e.QTY_BLANK, 0) = 0))
        )
        or (x.MONDAY_SUBITEM_ID is not null and e.CELLS_DUE = 1)
    )
{% endif %}
    and coalesce(e.IS_HELD, 0) = 0
{% endmacro %}

{# An order that has no item on the board as far as the tables know. s: staged, m: confirmed. #}
{% macro is_creation() -%}
s.CHANGE_TYPE <> 'ARCHIVE' and (m.MONDAY_ITEM_ID is null or m.ARCHIVED_AT is not null)
{%- endmacro %}

{# Claims rows (LEVEL, ROW_KEY) that nobody has in hand. Parameters: the request, the worker, the end of the lease. #}
{% macro claim(rows) %}
insert into {{ _claims }} (LEVEL, ROW_KEY, REQUEST_ID, WORKER, LEASE_UNTIL)
select r.LEVEL, r.ROW_KEY, ?, ?, ?
from ({{ rows }}) as r
where not exists (
        select 1
        from {{ _claims }} as c
        where c.LEVEL = {{ bin("r.LEVEL") }} and c.ROW_KEY = {{ bin("r.ROW_KEY") }}
    )
{% endmacro %}

{# An order, or a size, that no run has in hand. s: staged. #}
{% macro is_free(level="ITEM") -%}
not exists (
        select 1
        from {{ _claims }} as c
        where c.LEVEL = '{{ level }}'
            and c.ROW_KEY = {{ bin("s.ORDER_KEY" if level == "ITEM" else "concat(s.ORDER_KEY, '|', s.SIZE_LABEL)") }}
    )
{%- endmacro %}

{# The staged orders; of those whose item is made again also the ones of which sizes alone are staged, as confirmed. #}
{% macro staged_items(made_again) %}
{% set staged = _staged %}
{% if not made_again %}
{{ staged }}
{%- else %}
{% set names = ["ORDER_KEY", "BATCH_CUSTOMER", "SOURCE_CUSTOMER", "ITEM_NAME", "GROUP_NAME", quoted("TOTAL QTY")] %}
{% for column, type, name in columns if column not in names %}{% set _ = names.append(column) %}{% endfor %}
(
        select BATCH_ID, MAPPING_HASH, CHANGE_TYPE, CHANGED_COLUMNS, CONFIRMED_HASH, ROW_HASH, ATTEMPTS, {{ names | join(", ") }}
        from {{ staged }}
        union all
        select
            i.BATCH_ID, i.MAPPING_HASH, 'CREATE', null, null, coalesce(o.ROW_HASH, ''), 0, {% for name in names %}o.{{ name }}{{ ", " if not loop.last }}{% endfor %}

        from {{ _orders }} as o
        inner join (select distinct ORDER_KEY, BATCH_ID, MAPPING_HASH from {{ _staged_sizes }}) as i
            on {{ bin("i.ORDER_KEY") }} = o.ORDER_KEY
        where not exists (select 1 from {{ staged }} as t where {{ bin("t.ORDER_KEY") }} = o.ORDER_KEY)
    )
{%- endif %}
{% endmacro %}

{# The staged sizes; of orders whose item was made again also those that stood under the item before, as confirmed: what
   no longer stands anywhere was not staged as a change. #}
{% macro staged_sizes(made_again) %}
{% set staged = _staged_sizes %}
{% if not made_again %}
{{ staged }}
{%- else %}
(
        select ORDER_KEY, SIZE_LABEL, SIZE_POSITION, SUBITEM_NAME, ORDER_QTY, BATCH_ID, BATCH_CUSTOMER, ROW_HASH, MAPPING_HASH
        from {{ staged }}
        union all
        select
            o.ORDER_KEY, o.SIZE_LABEL, 20000, concat('Size ', o.SIZE_LABEL), o.ORDER_QTY, i.BATCH_ID, i.BATCH_CUSTOMER, '',
            i.MAPPING_HASH
        from {{ _sizes }} as o
        inner join (
            select ORDER_KEY, BATCH_ID, BATCH_CUSTOMER, MAPPING_HASH from {{ _staged }}
            union
            select ORDER_KEY, BATCH_ID, BATCH_CUSTOMER, MAPPING_HASH from {{ staged }}
        ) as i on {{ bin("i.ORDER_KEY") }} = o.ORDER_KEY
        inner join {{ _orders }} as p on p.ORDER_KEY = o.ORDER_KEY
        where o.ORDER_QTY > 0 and o.MONDAY_PARENT_ITEM_ID <> p.MONDAY_ITEM_ID
            and not exists (
                select 1
                from {{ staged }} as t
                where {{ bin("t.ORDER_KEY") }} = o.ORDER_KEY and {{ bin("t.SIZE_LABEL") }} = o.SIZE_LABEL
            )
    )
{%- endif %}
{% endmacro %}

{# What was known of a size, whatever item it stood under: y. #}
{% macro known_sizes() %}
left join {{ _sizes }} as y
    on y.ORDER_KEY = {{ bin("s.ORDER_KEY") }} and y.SIZE_LABEL = {{ bin("s.SIZE_LABEL") }}
{% endmacro %}

{# Sizes of an order in the order that planners know: as they stood before, then by the place of their column. #}
{% macro in_order(made_again) -%}
s.ORDER_KEY, {% if made_again %}case when y.MONDAY_SUBITEM_ID is null then 1 else 0 end, y.MONDAY_SUBITEM_ID, {% endif %}s.SIZE_POSITION, s.SIZE_LABEL
{%- endmacro %}

{# The staged rows of a level, and what is confirmed and refused of them; of those that are asked for (a table of keys) alone. #}
{% macro staged(level, made_again=false, asked=none) %}
{% set rows = staged_items(made_again) if level == "ITEM" else staged_sizes(made_again) %}
{{ rows }} as s
{% if asked %}    on {% for name in _keys[level] %}{{ bin("s." ~ name) }} = {{ bin(asked ~ "." ~ name) }}{{ " and " if not loop.last }}{% endfor %}

{% endif %}
{% if level == "ITEM" %}
left join {{ _orders }} as m on m.ORDER_KEY = {{ bin("s.ORDER_KEY") }}
{% else %}
left join {{ _orders }} as m
    on m.ORDER_KEY = {{ bin("s.ORDER_KEY") }} and m.MONDAY_ITEM_ID is not null and m.ARCHIVED_AT is null
left join {{ _sizes }} as x on x.ORDER_KEY = {{ bin("s.ORDER_KEY") }}
    and x.SIZE_LABEL = {{ bin("s.SIZE_LABEL") }} and x.MONDAY_PARENT_ITEM_ID = m.MONDAY_ITEM_ID
    and x.MONDAY_SUBITEM_ID is not null
{{ known_sizes() if made_again }}
{% endif %}
{{ open_errors(level, rows) }}
{%- endmacro %}

{# The staged rows of a level that still need work; parameters: those of chosen. #}
{% macro staged_work(level, selection=()) %}
from {{ staged(level) }}
where {{ needs_work(level) }}
{{ chosen(selection) }}
{%- endmacro %}

{# The orders that a push with --limit takes, in its order: those with work of their own, then those with sizes alone. Parameters:
   those of chosen, twice where sizes are asked for. #}
{% macro first_orders(limit, selection, with_sizes) %}
    and {{ bin("s.ORDER_KEY") }} in (
        select numbered.ORDER_KEY
        from (
            select due.ORDER_KEY,
                row_number() over (order by min(due.TURN), min(due.BATCH_ID), due.ORDER_KEY) as N
            from (
                select {{ bin("s.ORDER_KEY") }} as ORDER_KEY, {{ bin("s.BATCH_ID") }} as BATCH_ID, 1 as TURN
                {{ staged_work("ITEM", selection) }}
{% if with_sizes %}
                union all
                select {{ bin("s.ORDER_KEY") }}, {{ bin("s.BATCH_ID") }}, 2
                {{ staged_work("SUBITEM", selection) }}
                    and m.MONDAY_ITEM_ID is not null
{% endif %}
            ) as due
            group by due.ORDER_KEY
        ) as numbered
        where numbered.N <= {{ limit }}
    )
{% endmacro %}
