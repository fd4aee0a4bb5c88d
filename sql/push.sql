{# The statements of a push. #}

{# Rows of the ledger whose requests were just answered, with what was recorded of them before sending: what is confirmed is what
   was sent. One parameter, the rows as JSON: request, alias, outcome, Monday's id, the board that the answer names, and whether
   the board shows another quantity than the one that was sent. #}

{% macro _settled(recorded, fields=[]) %}
(
        select r.LEVEL, r.ORDER_KEY, r.SIZE_LABEL, r.BATCH_ID, r.ROW_HASH, r.CHANGE_TYPE, j.*, v.*
        from {{ q.json_rows([
            ("REQUEST_ID", short(36)), ("ALIAS", short(10)), ("OUTCOME", short(20)), ("MONDAY_ID", short(255)),
            ("BOARD_ID", bigint), ("DIFFERS", integer)] + fields) }} as j
        inner join {{ _rows }} as r on r.REQUEST_ID = {{ q.bin("j.REQUEST_ID") }} and r.ALIAS = {{ q.bin("j.ALIAS") }}
        {{ "cross join lateral" if duckdb else "cross apply" }} {{ q.json_rows(recorded, "r.ROW_VALUES") }} as v
    )
{%- endmacro %}

{# Orders whose item left the board: archived by us, or gone by a person's hand. An order that has another item by now
   keeps it: the news is about the old one. #}
{% macro archive_items() %}
update {{ _orders }}
set ARCHIVED_AT = ?, LAST_PUSHED_AT = ?, BATCH_ID = c.BATCH_ID
from {{ _settled([("_monday_id", bigint), ("_parent_id", bigint)]) }} as c
where {{ _orders }}.ORDER_KEY = {{ q.bin("c.ORDER_KEY") }}
    and {{ _orders }}.MONDAY_ITEM_ID = case when c.LEVEL = 'ITEM' then c."_monday_id" else c."_parent_id" end
    and (
        (c.LEVEL = 'ITEM' and c.CHANGE_TYPE = 'ARCHIVE' and c.OUTCOME in ('OK', 'ADOPTED'))
        or (c.OUTCOME = 'GONE' and (c.LEVEL = 'ITEM' or c.CHANGE_TYPE = 'CREATE'))
    )
{% endmacro %}

{% macro build() %}{# What the last build counted and was told. #}
select * from {{ table("STG_MON_Build") }}
{% endmacro %}

{# Cells that were left blank are sent with the next build: their column on the board changed, or somebody said retry. #}
{% macro cells_due(filters, level) %}
update {{ q.errors(level) }}
set NEXT_RETRY_AT = ?
where RESOLVED_AT is null and ERROR_CLASS = 'CELL' and NEXT_RETRY_AT is null
{% if "column" in filters %}    and COLUMN_NAME = ?
{% endif %}
{% if "batch" in filters %}    and BATCH_ID = ?
{% endif %}
{% if "customer" in filters %}    and {{ q.bin("upper(BATCH_CUSTOMER)") }} = upper(?)
{% endif %}
{% endmacro %}

{# Takes rows for requests. The primary key admits one open claim per row; whether a row still needs work is read
   after the claim, when no other run can change it any more. In the order of the keys, so that runs at once wait for one
   another rather than in a circle. #}
{% macro claim(level) %}
insert into {{ _claims }} (LEVEL, ROW_KEY, REQUEST_ID, WORKER, LEASE_UNTIL)
select '{{ level }}', k.ROW_KEY, k.REQUEST_ID, ?, ?
from {{ q.json_rows([("ROW_KEY", short(400)), ("REQUEST_ID", short(36))]) }} as k
where not exists (
    select 1 from {{ _claims }} as c where c.LEVEL = '{{ level }}' and c.ROW_KEY = {{ q.bin("k.ROW_KEY") }}
)
order by k.ROW_KEY
{% endmacro %}

{# The staged rows of some requests that still need work, with what is confirmed of them now: what was confirmed or
   blocked meanwhile, or is no longer staged, isn't here. #}
{% macro claimed(level, made_again) %}
select s.*, c.REQUEST_ID as CLAIM_ID,
{% if level == "ITEM" %}
    case when m.ARCHIVED_AT is null then m.MONDAY_ITEM_ID end as LIVE_ID,
    case when m.ARCHIVED_AT is null then m.ROW_HASH end as LIVE_HASH,
    case when m.ARCHIVED_AT is null then m.MONDAY_GROUP_ID end as LIVE_GROUP_ID,
{% else %}
    m.MONDAY_ITEM_ID as LIVE_PARENT_ID, x.MONDAY_SUBITEM_ID as LIVE_ID, x.MONDAY_SUBITEM_BOARD_ID as LIVE_BOARD_ID,
{% endif %}
    coalesce(e.ATTEMPTS, 0) as LIVE_ATTEMPTS, e.BLANK_CELLS, case when e.ORDER_KEY is null then 0 else 1 end as HAS_ERRORS
from {{ q.json_rows([("ROW_KEY", short(400)), ("ORDER_KEY", short(255)), ("SIZE_LABEL", short(100)), ("REQUEST_ID", short(36))]) }} as k
inner join {{ _claims }} as c
    on c.LEVEL = '{{ level }}' and c.ROW_KEY = {{ q.bin("k.ROW_KEY") }} and c.REQUEST_ID = {{ q.bin("k.REQUEST_ID") }}
inner join {{ q.staged(level, made_again, "k") }}
where {{ q.needs_work(level) }}
{% if level == "SUBITEM" %}
    and m.MONDAY_ITEM_ID is not null
{% endif %}
order by {{ "s.ORDER_KEY" if level == "ITEM" else q.in_order(made_again) }}
{% endmacro %}

{# Closes a request once. The fence: a worker that lost its lease to another closes nothing (no row changes). #}
{% macro close_request() %}
update {{ _requests }}
set OUTCOME = ?, FINISHED_AT = ?, HTTP_STATUS = ?, MONDAY_REQUEST_ID = ?,
    COMPLEXITY_COST = coalesce(COMPLEXITY_COST, 0) + ?, ATTEMPTS = ?
where REQUEST_ID = ? and WORKER = ? and OUTCOME is null
{% endmacro %}

{% macro close_rows() %}{# Writes the outcome of each row of some requests. #}
update {{ _rows }}
set OUTCOME = j.OUTCOME, MONDAY_ID = j.MONDAY_ID
from {{ q.json_rows([("REQUEST_ID", short(36)), ("ALIAS", short(10)), ("OUTCOME", short(20)), ("MONDAY_ID", short(255))]) }} as j
where {{ _rows }}.REQUEST_ID = {{ q.bin("j.REQUEST_ID") }}
    and {{ _rows }}.ALIAS = {{ q.bin("j.ALIAS") }}
{% endmacro %}

{# Columns stand under other ids on the board: one that is new there is empty, one that another field had shows that field's
   values, and the next build stages what they should show. The new hash differs from every order's, and is what the staged
   list of changed columns is then based on. moves: the column, and the one whose values it shows (none: it is empty). #}
{% macro column_emptied(moves) %}
update {{ _orders }}
set
{% for column, shows in moves %}
    {{ quoted(column) }} = {{ quoted(shows) if shows else "null" }},
{% endfor %}
    ROW_HASH = ?
where {% for column, shows in moves %}{{ " or " if not loop.first }}{{ quoted(column) }} is not null{% if shows %} or {{ quoted(shows) }} is not null{% endif %}{% endfor %}
{% endmacro %}

{# Writes what Monday confirmed, as the ledger recorded it: rows that are known already (changed, or made again under a new id), or
   those that aren't (new). An item made again has nothing in columns that aren't mapped any more: a field that returns is written
   again. #}
{% macro confirm(former, level, state) %}
{% set item = level == "ITEM" %}
{% set target = table("MON_CustMasterSchedule" if item else "MON_CustMasterSchedule_Subitems") %}
{% set id = "MONDAY_ITEM_ID" if item else "MONDAY_SUBITEM_ID" %}
{% set key = ["ORDER_KEY"] if item else ["ORDER_KEY", "SIZE_LABEL"] %}
{% set recorded = [
    ("ITEM_NAME", short(255)), ("GROUP_NAME", short(255)), ("BATCH_CUSTOMER", short(255)), ("SOURCE_CUSTOMER", short(255)),
    ("TOTAL QTY", integer), ("_group_id", short(255)), ("_board_id", bigint)] + json_columns if item
    else [("ORDER_QTY", bigint), ("_parent_id", bigint), ("_board_id", bigint)] %}
{% set values = {"BATCH_ID": "c.BATCH_ID"} %}
{% if item %}
{% set values = dict(values, ROW_HASH="c.ROW_HASH", MONDAY_GROUP_ID='c."_group_id"', MONDAY_BOARD_ID='c."_board_id"') %}
{% else %}
{# an adopted subitem that shows another quantity stays unconfirmed, so that the next build stages it #}
{% set values = dict(values, ORDER_QTY="case when c.DIFFERS = 1 then null else c.ORDER_QTY end", MONDAY_PARENT_ITEM_ID='c."_parent_id"',
    MONDAY_SUBITEM_BOARD_ID='coalesce(c.BOARD_ID, c."_board_id"' ~ (", " ~ target ~ ".MONDAY_SUBITEM_BOARD_ID" if state != "new" else "") ~ ")") %}
{% endif %}
{% set settled %}
{{ _settled(recorded) }} as c
where c.LEVEL = '{{ level }}' and c.OUTCOME in ('OK', 'ADOPTED') and c.CHANGE_TYPE {{ "= 'CREATE'" if state != "changed" else "not in ('CREATE', 'ARCHIVE')" }}
{% endset %}
{% set plain = recorded | map("first") | reject("in", ["_group_id", "_board_id", "_parent_id", "ORDER_QTY"]) | list %}
{% if state == "new" %}
insert into {{ target }} (
    {{ key | join(", ") }}, {{ id }}, FIRST_PUSHED_AT, LAST_PUSHED_AT, {{ values | join(", ") }}{% for name in plain %}, {{ quoted(name) }}{% endfor %}

)
select
    {% for name in key %}c.{{ name }}, {% endfor %}try_cast(c.MONDAY_ID as {{ bigint }}), ?, ?, {{ values.values() | join(", ") }}{% for name in plain %}, c.{{ quoted(name) }}{% endfor %}

from {{ settled }}
    and not exists (select 1 from {{ target }} as m where {% for name in key %}m.{{ name }} = {{ q.bin("c." ~ name) }}{{ " and " if not loop.last }}{% endfor %})
{% else %}
update {{ target }}
set
{% for name in plain if state == "again" or name not in written_once %}
    {{ quoted(name) }} = c.{{ quoted(name) }},
{% endfor %}
{% for name in former if item and state == "again" %}
    {{ quoted(name) }} = null,
{% endfor %}
{% for name, value in values.items() if state == "again" or name != "MONDAY_PARENT_ITEM_ID" %}
    {{ name }} = {{ value }},
{% endfor %}
{% if state == "again" %}
    {{ id }} = try_cast(c.MONDAY_ID as {{ bigint }}), FIRST_PUSHED_AT = ?,
{% endif %}
{% if item %}
    ARCHIVED_AT = null,
{% endif %}
    LAST_PUSHED_AT = ?
from {{ settled }}
    {% for name in key %}and {{ target }}.{{ name }} = {{ q.bin("c." ~ name) }} {% endfor %}

{% endif %}
{% endmacro %}

{% macro confirmed_values() %}{# What the tables hold of orders, for cells that keep what they show. #}
select m.*
from {{ _orders }} as m
where m.ORDER_KEY = ?
{% endmacro %}

{# What is to be done, by batch and kind of change; with a limit, of the orders that a push takes first. #}
{% macro count_work(level, limit, selection, with_sizes) %}
select w.BATCH_ID, min(w.BATCH_CUSTOMER) as BATCH_CUSTOMER, w.GROUP_NAME, w.KIND, count(*) as ROWS_STAGED,
    sum(case when w.ATTEMPTS > 0 then 1 else 0 end) as RETRIES
from (
    select s.BATCH_ID, s.BATCH_CUSTOMER, s.ATTEMPTS,
{% if level == "ITEM" %}
        s.GROUP_NAME,
        case
            when s.CHANGE_TYPE = 'ARCHIVE' then 'ARCHIVE'
            when m.MONDAY_ITEM_ID is null or m.ARCHIVED_AT is not null then 'CREATE'
            when s.CHANGED_COLUMNS = '["GROUP_NAME"]' then 'MOVE'
            when s.CHANGED_COLUMNS like '%"GROUP_NAME"%' then 'UPDATE_AND_MOVE'
            else 'UPDATE'
        end as KIND
{% else %}
        cast(null as {{ short(255) }}) as GROUP_NAME, case when x.MONDAY_SUBITEM_ID is null then 'CREATE' else 'UPDATE' end as KIND
{% endif %}
    {{ q.staged_work(level, selection) }}
{% if limit is defined and limit %}
    {{ q.first_orders(limit, selection, with_sizes) }}
{% endif %}
) as w
group by w.BATCH_ID, w.GROUP_NAME, w.KIND
{% endmacro %}

{# Makes room for where a staged column stands on the board now, unless another run has noted that already. #}
{% macro forget_column() %}
delete from {{ table("MON_BoardColumns") }}
where BOARD_ID = ? and STAGED_COLUMN = ? and COLUMN_ID = ? and COLUMN_TYPE = ?
{% endmacro %}

{# Sizes whose subitem a person deleted: the next push makes them again. A size that has another subitem by now keeps it. #}
{% macro forget_sizes() %}
update {{ _sizes }}
set MONDAY_SUBITEM_ID = null
from {{ _settled([("_monday_id", bigint)]) }} as c
where c.OUTCOME = 'GONE' and c.LEVEL = 'SUBITEM' and c.CHANGE_TYPE <> 'CREATE'
    and {{ _sizes }}.ORDER_KEY = {{ q.bin("c.ORDER_KEY") }}
    and {{ _sizes }}.SIZE_LABEL = {{ q.bin("c.SIZE_LABEL") }}
    and {{ _sizes }}.MONDAY_SUBITEM_ID = c."_monday_id"
{% endmacro %}

{% macro former_columns() %}{# Columns of the confirmed orders that the mapping once had and has no longer. #}
select distinct b.STAGED_COLUMN as NAME
from {{ table("MON_BoardColumns") }} as b
inner join INFORMATION_SCHEMA.COLUMNS as c
    on c.COLUMN_NAME{{ "" if duckdb else " collate Latin1_General_100_BIN2" }} = b.STAGED_COLUMN
where lower(c.TABLE_SCHEMA) = lower(?) and lower(c.TABLE_NAME) = lower('MON_CustMasterSchedule')
{% if duckdb %}
    and c.TABLE_CATALOG = current_database()
{% endif %}
    and b.STAGED_COLUMN not in ('ORDER_KEY'{% for column, type, name in columns %}, '{{ name | replace("'", "''") }}'{% endfor %})
order by 1
{% endmacro %}

{% macro held_changes() %}{# What the guards hold back, the whole source first. #}
select BATCH_CUSTOMER, KIND, HELD_COUNT, WHOLE_COUNT, REASON
from {{ table("STG_MON_HeldChanges") }}
order by BATCH_CUSTOMER, KIND
{% endmacro %}

{% macro known_batch() %}{# A batch that is staged, or was pushed before. #}
select 1 as KNOWN where exists (select 1 from {{ _staged }} where BATCH_ID = ?)
    or exists (select 1 from {{ _staged_sizes }} where BATCH_ID = ?)
    or exists (select 1 from {{ _batches }} where BATCH_ID = ?)
{% endmacro %}

{# Every value that a filter can mean, of the source as last built, of what is staged and of what is confirmed; beside a
   customer's name the canonical one. #}
{% macro known_values(places) %}
select distinct NAME, CANONICAL
from (
{% for place, name, canonical in places %}
    select {{ q.bin(name) }} as NAME, {{ q.bin(canonical) }} as CANONICAL from {{ table(place) }} where {{ name }} is not null
{{ "    union all" if not loop.last }}
{% endfor %}
) as known
{% endmacro %}

{% macro move_claims() %}{# The claims of a request's remainder go over to the request that carries it on. #}
update {{ _claims }}
set REQUEST_ID = ?, WORKER = ?
where REQUEST_ID = ?
    and ROW_KEY in (select {{ q.bin("k.ROW_KEY") }} from {{ q.json_rows([("ROW_KEY", short(400))]) }} as k)
{% endmacro %}

{# Orders of which the hash alone is new: the board shows their values already. One that was confirmed anew since is left. #}
{% macro new_hashes() %}
update {{ _orders }}
set ROW_HASH = n.ROW_HASH
from {{ table("STG_MON_NewHashes") }} as n
where {{ _orders }}.ORDER_KEY = {{ q.bin("n.ORDER_KEY") }}
    and {{ _orders }}.ROW_HASH = n.CONFIRMED_HASH
{% endmacro %}

{# Requests without an outcome: of dead runs, or of live ones (lease not over). ROWS_HELD: its orders and sizes. #}
{% macro open_requests() %}
select REQUEST_ID, RUN_ID, BATCH_ID, OPERATION, BODY, ROW_COUNT, WORKER, LEASE_UNTIL, ATTEMPTS, RECORDED_AT, SENT_AT, STATE, DUE_AT,
    (
        select count(*)
        from {{ _rows }} as r
        where r.REQUEST_ID = q.REQUEST_ID and r.LEVEL in ('ITEM', 'SUBITEM')
    ) as ROWS_HELD
from {{ _requests }} as q
where OUTCOME is null
order by RECORDED_AT, REQUEST_ID
{% endmacro %}

{% macro other_board() %}{# A board, other than the one in use, that confirmed ids belong to. #}
select distinct MONDAY_BOARD_ID
from {{ _orders }}
where MONDAY_ITEM_ID is not null and ARCHIVED_AT is null and MONDAY_BOARD_ID is not null and MONDAY_BOARD_ID <> ?
{% endmacro %}

{# Notes when something is to be done about an open request, and what: SEND, or SENT where nobody knows its end. #}
{% macro postpone() %}
update {{ _requests }} set STATE = ?, DUE_AT = ?, ATTEMPTS = ? where REQUEST_ID = ? and WORKER = ? and OUTCOME is null
{% endmacro %}

{% macro present_groups() %}{# The groups that the board had when last seen. #}
select GROUP_TITLE from {{ _groups }} where BOARD_ID = ? and IS_PRESENT = 1
{% endmacro %}

{% macro purge(column, name) %}{# Retention: error rows 30 days after resolution, batches and requests 90 days. #}
delete from {{ table(name) }} where {{ column }} < ?
{% endmacro %}

{% macro purge_rows() %}{# Rows of requests that are no longer kept. #}
delete from {{ _rows }}
where REQUEST_ID not in (select REQUEST_ID from {{ _requests }})
{% endmacro %}

{# Records failed attempts, and cells that were left blank, of rows as the ledger recorded them. A retryable one is due at the next
   run. #}
{% macro record_errors(level) %}
{% set fields = [
    ("ERR_ID", short(36)), ("STAGE", short(20)), ("ERROR_CLASS", short(40)), ("ERROR_CODE", short(100)), ("ERROR_MESSAGE", text),
    ("COLUMN_NAME", short(255)), ("COLUMN_ID", short(255)), ("COLUMN_VALUE", text), ("HTTP_STATUS", integer), ("API_PAYLOAD", text),
    ("ATTEMPT", integer)] %}
{% set flags = [("RETRYABLE", integer), ("MAX_RETRIES_REACHED", integer)] %}
{% set recorded = [("BATCH_CUSTOMER", short(255)), ("ITEM_NAME", short(255)), ("GROUP_NAME", short(255)), ("MAPPING_HASH", short(64))] %}
{% set sized = [("ORDER_QTY", bigint), ("_parent_id", bigint)] if level == "SUBITEM" else [] %}
insert into {{ q.errors(level) }} (
    ORDER_KEY, {{ "SIZE_LABEL, ORDER_QTY, MONDAY_PARENT_ITEM_ID, " if sized }}BATCH_ID, REQUEST_ID, CHANGE_TYPE, ROW_HASH,
    {% for name, _ in fields + recorded %}{{ name }}, {% endfor %}RETRYABLE, MAX_RETRIES_REACHED, NEXT_RETRY_AT, CREATED_AT
)
select c.ORDER_KEY, {{ 'c.SIZE_LABEL, c.ORDER_QTY, c."_parent_id", ' if sized }}c.BATCH_ID, c.REQUEST_ID,
    case when c.CHANGE_TYPE in ('MOVE', 'UPDATE_AND_MOVE') then 'UPDATE' else c.CHANGE_TYPE end, c.ROW_HASH,
    {% for name, _ in fields + recorded %}c.{{ name }}, {% endfor %}cast(c.RETRYABLE as {{ flag }}), cast(c.MAX_RETRIES_REACHED as {{ flag }}),
    case when c.RETRYABLE = 1 and c.MAX_RETRIES_REACHED = 0 then ? end, ?
from {{ _settled(recorded + sized, fields + flags) }} as c
where c.LEVEL = '{{ level }}'
{% endmacro %}

{% macro record_request() %}{# Records a request before it is sent. #}
insert into {{ _requests }}
    (REQUEST_ID, RUN_ID, BATCH_ID, OPERATION, BODY, ROW_COUNT, WORKER, LEASE_UNTIL, ATTEMPTS, RECORDED_AT, SENT_AT,
        STATE, DUE_AT)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
{% endmacro %}

{% macro record_rows() %}{# Records the rows of a request. #}
{% set fields = [
    ("REQUEST_ID", short(36)), ("ALIAS", short(10)), ("LEVEL", short(10)), ("ROW_KEY", short(400)), ("ORDER_KEY", short(255)),
    ("SIZE_LABEL", short(100)), ("BATCH_ID", short(64)), ("CHANGE_TYPE", short(20)), ("ROW_HASH", short(64)),
    ("ROW_VALUES", text)] %}
insert into {{ _rows }} ({{ fields | map("first") | join(", ") }})
select j.{{ fields | map("first") | join(", j.") }} from {{ q.json_rows(fields) }} as j
{% endmacro %}

{% macro claims_of() %}{# What a request has claimed. #}
select ROW_KEY from {{ _claims }} where REQUEST_ID = ?
{% endmacro %}

{# Ends the claims of requests; with `rest`, but for the rows that are carried. #}
{% macro release(rest) %}
delete from {{ _claims }}
where REQUEST_ID in (select {{ q.bin("k.REQUEST_ID") }} from {{ q.json_rows([("REQUEST_ID", short(36))]) }} as k)
{% if rest %}
    and not exists (
        select 1
        from {{ q.json_rows([("REQUEST_ID", short(36)), ("ROW_KEY", short(400))]) }} as k
        where {{ _claims }}.REQUEST_ID = {{ q.bin("k.REQUEST_ID") }} and {{ _claims }}.ROW_KEY = {{ q.bin("k.ROW_KEY") }}
    )
{% endif %}
{% endmacro %}

{# Releases claims of other runs that belong to no request: a run died between claiming groups and recording their request. #}
{% macro release_orphans() %}
delete from {{ _claims }}
where WORKER <> ? and LEASE_UNTIL < ?
    and not exists (select 1 from {{ _requests }} as r where r.REQUEST_ID = {{ _claims }}.REQUEST_ID)
{% endmacro %}

{% macro renew_leases(name) %}{# A worker that lives says so. #}
update {{ table(name) }} set LEASE_UNTIL = ? where {{ "RUN_ID = ?" if name == "MON_BatchProcessing" else "WORKER = ?" }}{% if name == "MON_ApiRequests" %} and OUTCOME is null{% endif %}{% if name == "MON_BatchProcessing" %} and FINISHED_AT is null{% endif %}
{% endmacro %}

{% macro request_rows() %}{# The rows of one request, with the staged values it carried. #}
select ALIAS, LEVEL, ROW_KEY, ORDER_KEY, SIZE_LABEL, BATCH_ID, CHANGE_TYPE, ROW_HASH, ROW_VALUES, OUTCOME, MONDAY_ID
from {{ _rows }}
where REQUEST_ID = ?
order by ALIAS
{% endmacro %}

{% macro resolve_errors(level) %}{# Closes the open errors of rows that got through. #}
{% set target = q.errors(level) %}
update {{ target }}
set RESOLVED_AT = ?, RESOLVED_BY = ?
from {{ _settled([("_monday_id", bigint)]) }} as c
where {{ target }}.RESOLVED_AT is null and c.LEVEL = '{{ level }}' and c.OUTCOME in ('OK', 'ADOPTED')
    and {{ target }}.ORDER_KEY = {{ q.bin("c.ORDER_KEY") }}{% if level == "SUBITEM" %} and {{ target }}.SIZE_LABEL = {{ q.bin("c.SIZE_LABEL") }}{% endif %}
{% endmacro %}

{# The orders to create that find room on a board that takes so many: the oldest. #}
{% set _ordered_at = 'coalesce(s."ORDER DATE PO RECEIVED", cast(\'9999-12-31\' as date))' %}
{% macro oldest_creations(rows, selection) %}
select {{ q.top(rows) }}s.ORDER_KEY
{{ q.staged_work("ITEM", selection) }}
    and {{ q.is_creation() }}
order by {{ _ordered_at }}, {{ q.bin("s.ORDER_KEY") }}
{{ q.limit(rows) }}
{% endmacro %}

{# Orders to create, to look up on the board: half of them spread evenly from the oldest to the newest, the others the
   newest of each customer. Rows of open requests are left out: recovery looks these up. #}
{% macro sample_creations(rows, selection) %}
{% set spread = rows // 2 %}
select {{ q.top(rows) }}n.ORDER_KEY, n.ITEM_NAME
from (
    select s.ORDER_KEY,
        s.ITEM_NAME, s.BATCH_CUSTOMER, count(*) over () as ALL_ROWS,
        row_number() over (order by {{ _ordered_at }}, {{ q.bin("s.ORDER_KEY") }}) as PLACE, row_number() over (
            partition by s.BATCH_CUSTOMER order by {{ _ordered_at }} desc, {{ q.bin("s.ORDER_KEY") }} desc
        ) as FROM_NEWEST
    {{ q.staged_work("ITEM", selection) }}
        and {{ q.is_creation() }} and {{ q.is_free() }}
) as n
order by
    case when (n.PLACE - 1) * {{ spread }} % n.ALL_ROWS < {{ spread }} then 0 else n.FROM_NEWEST end, n.BATCH_CUSTOMER, n.PLACE
{{ q.limit(rows) }}
{% endmacro %}

{# Items under which sizes are to be created, spread evenly over all such items. Sizes of open requests are left out. #}
{% macro sample_parents(rows, selection) %}
select n.MONDAY_ITEM_ID
from (
    select m.MONDAY_ITEM_ID, count(*) over () as ALL_ROWS, row_number() over (order by m.MONDAY_ITEM_ID) as PLACE
    {{ q.staged_work("SUBITEM", selection) }}
        and m.MONDAY_ITEM_ID is not null and x.MONDAY_SUBITEM_ID is null and {{ q.is_free("SUBITEM") }}
    group by m.MONDAY_ITEM_ID
) as n
where (n.PLACE - 1) * {{ rows }} % n.ALL_ROWS < {{ rows }}
order by n.MONDAY_ITEM_ID
{% endmacro %}

{# Where a staged column stands on the board now; nothing where another run has noted it already. #}
{% macro save_column() %}
insert into {{ table("MON_BoardColumns") }} (BOARD_ID, STAGED_COLUMN, COLUMN_ID, COLUMN_TYPE, COLUMN_TITLE, SEEN_AT)
select ?, ?, ?, ?, ?, ?
where not exists (select 1 from {{ table("MON_BoardColumns") }} as b where b.BOARD_ID = ? and b.STAGED_COLUMN = ?)
{% endmacro %}

{# The groups of a board as seen now, as JSON: those known, those that are gone, and those seen for the first time. #}
{% macro _seen() %}{{ q.json_rows([("GROUP_ID", short(255)), ("GROUP_TITLE", short(255))]) }} as j{% endmacro %}

{% macro see_groups() %}
update {{ _groups }}
set GROUP_TITLE = coalesce({{ q.bin("n.SEEN_TITLE") }}, {{ _groups }}.GROUP_TITLE), LAST_SEEN_AT = ?, IS_PRESENT = n.IS_SEEN
from (
    select g.BOARD_ID, g.GROUP_ID, j.GROUP_TITLE as SEEN_TITLE, case when j.GROUP_ID is null then 0 else 1 end as IS_SEEN
    from {{ _groups }} as g
    left join {{ _seen() }} on {{ q.bin("j.GROUP_ID") }} = g.GROUP_ID
) as n
where {{ _groups }}.BOARD_ID = ? and {{ _groups }}.BOARD_ID = n.BOARD_ID and {{ _groups }}.GROUP_ID = n.GROUP_ID
    and ({{ _groups }}.IS_PRESENT <> n.IS_SEEN or coalesce({{ _groups }}.GROUP_TITLE, '') <> {{ q.bin("n.SEEN_TITLE") }})
{% endmacro %}

{% macro new_groups() %}
insert into {{ _groups }} (BOARD_ID, GROUP_ID, GROUP_TITLE, FIRST_SEEN_AT, LAST_SEEN_AT, IS_PRESENT)
select ?, j.GROUP_ID, j.GROUP_TITLE, ?, ?, 1
from {{ _seen() }}
where not exists (select 1 from {{ _groups }} as g where g.BOARD_ID = ? and g.GROUP_ID = {{ q.bin("j.GROUP_ID") }})
{% endmacro %}

{% macro seen_columns() %}{# Where the staged columns stood on the board when last seen. #}
select STAGED_COLUMN, COLUMN_ID, COLUMN_TYPE from {{ table("MON_BoardColumns") }} where BOARD_ID = ?
{% endmacro %}

{# Notes that a request is about to be sent again. A worker that lost it to another changes no row, and sends nothing. #}
{% macro send_again() %}
update {{ _requests }}
set SENT_AT = ?, ATTEMPTS = ?, LEASE_UNTIL = ?, STATE = 'SENT', DUE_AT = ?
where REQUEST_ID = ? and WORKER = ? and OUTCOME is null
{% endmacro %}

{# Rows of some customers, by their canonical names: a parameter each. #}
{% macro _of_customer(alias, customers) %}
{% if customers %}
    and ({% for at in range(customers) %}{{ " or " if at }}{{ q.bin("upper(" ~ alias ~ ".BATCH_CUSTOMER)") }} = upper(?){% endfor %})
{% endif %}
{% endmacro %}

{# Rows that are neither staged nor on the board as they are: refused or tried in vain, left-out cells, rejected by the
   build. A row whose data or mapping has changed since is staged, and waits for nothing. #}
{% macro set_aside(customers) %}
{% for level, errors, staged, key in [
    ("ITEM", "ERR_MON_CustMasterSchedule", "STG_MON_CustMasterSchedule", "e.ORDER_KEY"),
    ("SUBITEM", "ERR_MON_CustMasterSchedule_Subitems", "STG_MON_CustMasterSchedule_Subitems", "concat(e.ORDER_KEY, '|', e.SIZE_LABEL)"),
] %}
select '{{ level }}' as KIND,
    count(distinct case when e.ERROR_CLASS <> 'CELL' then {{ key }} end) as ROWS_HELD,
    count(case when e.ERROR_CLASS = 'CELL' then 1 end) as CELLS_BLANK
from {{ table(errors) }} as e
where e.RESOLVED_AT is null
    and (e.RETRYABLE = 0 or e.MAX_RETRIES_REACHED = 1)
    and not exists (
        select 1
        from {{ table(staged) }} as s
        where {{ q.bin("s.ORDER_KEY") }} = e.ORDER_KEY
            and (s.ROW_HASH <> e.ROW_HASH or s.MAPPING_HASH <> e.MAPPING_HASH)
{% if level == "SUBITEM" %}
            and {{ q.bin("s.SIZE_LABEL") }} = e.SIZE_LABEL
{% endif %}
    )
{{ _of_customer("e", customers) }}
union all
{% endfor %}
select 'REJECTED', count(*), 0
from {{ table("STG_MON_RejectedOrders") }} as r
where 1 = 1
{{ _of_customer("r", customers) }}
{% endmacro %}

{# Cells that were left blank are what they should be by now: of their orders the hash alone is new. #}
{% macro settle_cells() %}
update {{ q.errors("ITEM") }}
set RESOLVED_AT = ?, RESOLVED_BY = 'build'
where RESOLVED_AT is null and ERROR_CLASS = 'CELL'
    and exists (
        select 1
        from {{ table("STG_MON_NewHashes") }} as n
        inner join {{ _orders }} as m on m.ORDER_KEY = {{ q.bin("n.ORDER_KEY") }} and m.ROW_HASH = n.ROW_HASH
        where {{ q.bin("n.ORDER_KEY") }} = {{ q.errors("ITEM") }}.ORDER_KEY
            and n.ROW_HASH <> {{ q.errors("ITEM") }}.ROW_HASH
    )
{% endmacro %}

{# A lease that ends later than one taken now was written by a clock that is ahead, or before this one was set back: it
   counts from now. Who lives renews it. #}
{% macro shorten_leases(name) %}
update {{ table(name) }} set LEASE_UNTIL = ? where LEASE_UNTIL > ?{% if name == "MON_ApiRequests" %} and OUTCOME is null{% endif %}{% if name == "MON_BatchProcessing" %} and FINISHED_AT is null{% endif %}
{% endmacro %}

{# The sizes of orders just confirmed, in the order that planners know. Whether they need work is seen when they are claimed. #}
{% macro sizes_of_orders(made_again) %}
select s.ORDER_KEY, s.SIZE_LABEL
from {{ q.staged_sizes(made_again) }} as s
{{ q.known_sizes() if made_again }}
where {{ q.bin("s.ORDER_KEY") }} in (select {{ q.bin("k.ORDER_KEY") }} from {{ q.json_rows([("ORDER_KEY", short(255))]) }} as k)
order by s.BATCH_ID, {{ q.in_order(made_again) }}
{% endmacro %}

{# Takes a dead run's request over. Where two runs try, one wins (the other changes no row). #}
{% macro take_over() %}
update {{ _requests }}
set WORKER = ?, RUN_ID = ?, LEASE_UNTIL = ?
where REQUEST_ID = ? and WORKER = ? and OUTCOME is null and LEASE_UNTIL < ?
{% endmacro %}

{% macro take_over_claims() %}{# The claims follow their request. #}
update {{ _claims }} set WORKER = ?, LEASE_UNTIL = ? where REQUEST_ID = ?
{% endmacro %}

{# How many orders to create have an item on the board that the tables don't know. Read after the board was: an order
   that another run has created meanwhile is confirmed or in its hands by now. Keys compare as in the adoption. #}
{% macro unknown_on_board() %}
select count(distinct s.ORDER_KEY) as ORDERS
from {{ q.staged("ITEM") }}
inner join {{ q.json_rows([("ITEM_ID", bigint), ("KEY_TEXT", short(450))]) }} as j
    on {{ q.norm("j.KEY_TEXT") }} = {{ q.norm(q.bin("s.ORDER_KEY")) }}
where {{ q.needs_work("ITEM") }} and {{ q.is_creation() }} and {{ q.is_free() }}
    and not exists (select 1 from {{ _orders }} as k where k.MONDAY_ITEM_ID = j.ITEM_ID)
{% endmacro %}

{# How many sizes to create have a subitem on the board that the tables don't know and that shows their quantity: what a
   person made by hand shows another. Read after the board was. #}
{% macro unknown_sizes() %}
select count(distinct concat(s.ORDER_KEY, '|', s.SIZE_LABEL)) as SIZES
from {{ q.staged("SUBITEM") }}
inner join {{ q.json_rows([("SUBITEM_ID", bigint), ("ITEM_ID", bigint), ("LABEL", short(100)), ("QTY", bigint)]) }} as j
    on j.ITEM_ID = m.MONDAY_ITEM_ID and j.QTY = s.ORDER_QTY
    and {{ q.norm("j.LABEL") }} = {{ q.norm(q.bin("s.SIZE_LABEL")) }}
where x.MONDAY_SUBITEM_ID is null and {{ q.needs_work("SUBITEM") }} and {{ q.is_free("SUBITEM") }}
    and not exists (select 1 from {{ _sizes }} as k where k.MONDAY_SUBITEM_ID = j.SUBITEM_ID)
{% endmacro %}

{# The next orders, or sizes whose order is on the board, that need work, after the key reached so far. Rows held by another run
   are left out. Sizes of an order that is being changed wait for it: its item may prove to be gone, and then they belong under
   another. #}
{% macro window(level, rows, selection) %}
{% set item = level == "ITEM" %}
{% set parts = ["s.BATCH_ID", "s.ORDER_KEY"] if item else ["s.BATCH_ID", "s.ORDER_KEY", "s.SIZE_LABEL"] %}
select {{ q.top(rows) }}{{ parts | join(", ") }}, {{ "case when " ~ q.is_creation() ~ " then 'CREATE' else 'UPDATE' end" if item else "''" }} as KIND
{{ q.staged_work(level, selection) }}
    and {{ q.is_free() }}
{% if not item %}
    and m.MONDAY_ITEM_ID is not null and {{ q.is_free("SUBITEM") }}
{% endif %}
    and ({% for part in parts %}{{ " or " if not loop.first }}({% for before in parts[:loop.index0] %}{{ q.bin(before) }} = ? and {% endfor %}{{ q.bin(part) }} > ?){% endfor %})
order by {% for part in parts %}{{ q.bin(part) }}{{ ", " if not loop.last }}{% endfor %}

{{ q.limit(rows) }}
{% endmacro %}

{# The items that are to be archived: archiving needs no board, so where they are is asked before. #}
{% macro leaving_items(selection) %}
select m.MONDAY_ITEM_ID
{{ q.staged_work("ITEM", selection) }}
    and s.CHANGE_TYPE = 'ARCHIVE'
order by m.MONDAY_ITEM_ID
{% endmacro %}
