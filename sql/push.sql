-- The statements of a push.

-- Rows of a table that has leases whose work hasn't ended.
{% set _at_work = {"MON_ApiRequests": "and OUTCOME is null", "MON_BatchProcessing": "and FINISHED_AT is null"} %}

-- _settled(recorded, fields=[], types={}): Rows of the ledger whose requests were just answered, with what was recorded of them
-- before sending: what is confirmed is what was sent. One parameter, the rows as JSON: request, alias, outcome,
-- Monday's id, the board that the answer names, and whether the board shows another quantity than the one that was
-- sent.
(
    select r.LEVEL, r.ORDER_KEY, r.SIZE_LABEL, r.BATCH_ID, r.ROW_HASH, r.CHANGE_TYPE, j.*, v.*
    from {{ q.json_rows(["REQUEST_ID", "ALIAS", "OUTCOME", "MONDAY_ID", "BOARD_ID", "DIFFERS"] + fields) }} as j
    inner join {{ _rows }} as r on {{ q.same(["REQUEST_ID", "ALIAS"], "r", "j") }}
    {{ "cross join lateral" if duckdb else "cross apply" }} {{ q.json_rows(recorded, "r.ROW_VALUES", types) }} as v
)

-- archive_items(): Orders whose item left the board: archived by us, or gone by a person's hand. An order that has
-- another item by now keeps it: the news is about the old one.
update {{ _orders }} set ARCHIVED_AT = ?, LAST_PUSHED_AT = ?, BATCH_ID = c.BATCH_ID
from {{ _settled(["_monday_id"]) }} as c
where {{ q.same(q.keys.ITEM, _orders, "c") }} and {{ _orders }}.MONDAY_ITEM_ID = case
        when c.OUTCOME = 'GONE' then try_cast(c.MONDAY_ID as {{ bigint }})
        when c.LEVEL = 'ITEM' and c.CHANGE_TYPE = 'ARCHIVE' and c.OUTCOME in ('OK', 'ADOPTED') then c."_monday_id"
    end

-- build(): What the last build counted and was told.
select * from {{ table("STG_MON_Build") }}

-- cells_due(filters, level): Cells that were left blank are sent with the next build: their column on the board
-- changed, or somebody said retry.
update {{ q.errors(level) }} set NEXT_RETRY_AT = ?
where RESOLVED_AT is null and ERROR_CLASS = 'CELL' and NEXT_RETRY_AT is null {{ q.of_filters(filters) }}

-- claim(level): Takes rows for requests. The primary key admits one open claim per row; whether a row still needs work
-- is read after the claim, when no other run can change it any more. In the order of the keys, so that runs at once
-- wait for one another rather than in a circle.
insert into {{ _claims }} (LEVEL, ROW_KEY, REQUEST_ID, WORKER, LEASE_UNTIL)
select '{{ level }}', k.ROW_KEY, k.REQUEST_ID, ?, ?
from {{ q.json_rows(["ROW_KEY", "REQUEST_ID"]) }} as k
where not {{ q.in_hand("'" ~ level ~ "'", q.bin("k.ROW_KEY")) }}
order by k.ROW_KEY

-- claimed(level, made_again): The staged rows of some requests that still need work, with what is confirmed of them
-- now: what was confirmed or blocked meanwhile, or is no longer staged, isn't here.
select s.*, c.ROW_KEY, c.REQUEST_ID as CLAIM_ID,
{% if level == "ITEM" %}
    case when m.ARCHIVED_AT is null then m.MONDAY_ITEM_ID end as LIVE_ID,
    case when m.ARCHIVED_AT is null then m.ROW_HASH end as LIVE_HASH,
    case when m.ARCHIVED_AT is null then m.MONDAY_GROUP_ID end as LIVE_GROUP_ID,
    case when m.ARCHIVED_AT is null then 0 else 1 end as HAD_ITEM,
{% else %}
    m.MONDAY_ITEM_ID as LIVE_PARENT_ID, x.MONDAY_SUBITEM_ID as LIVE_ID, x.MONDAY_SUBITEM_BOARD_ID as LIVE_BOARD_ID,
{% endif %}
    coalesce(e.ATTEMPTS, 0) as LIVE_ATTEMPTS, e.BLANK_CELLS,
    case when e.ORDER_KEY is null then 0 else 1 end as HAS_ERRORS
from {{ q.json_rows(["ROW_KEY", "ORDER_KEY", "SIZE_LABEL", "REQUEST_ID"]) }} as k
inner join {{ _claims }} as c on c.LEVEL = '{{ level }}' and {{ q.same(["ROW_KEY", "REQUEST_ID"], "c", "k") }}
inner join {{ q.staged(level, made_again, "k") }}
where {{ q.needs_work(level) }} {{ "and m.MONDAY_ITEM_ID is not null" if level == "SUBITEM" }}
order by {{ "s.ORDER_KEY" if level == "ITEM" else q.in_order(made_again) }}

-- close_request(): Closes a request once. The fence: a worker that lost its lease to another changes no row.
update {{ _requests }}
set OUTCOME = ?, FINISHED_AT = ?, HTTP_STATUS = ?, MONDAY_REQUEST_ID = ?,
    COMPLEXITY_COST = coalesce(COMPLEXITY_COST, 0) + ?, ATTEMPTS = ?
where REQUEST_ID = ? and WORKER = ? and OUTCOME is null

-- close_rows(): Writes the outcome of each row of some requests.
update {{ _rows }} set OUTCOME = j.OUTCOME, MONDAY_ID = j.MONDAY_ID
from {{ q.json_rows(["REQUEST_ID", "ALIAS", "OUTCOME", "MONDAY_ID"]) }} as j
where {{ q.same(["REQUEST_ID", "ALIAS"], _rows, "j") }}

-- column_emptied(moves): Columns stand under other ids on the board: one that is new there is empty, one that another
-- field had shows that field's values, and the next build stages what they should show. The new hash differs from every
-- order's, and is what the staged list of changed columns is then based on. moves: the column, and the one whose values
-- it shows (none: it is empty). Where nobody knows what an order shows, there is no hash, and none is given.
update {{ _orders }}
set {% for column, shows in moves %}{{ quoted(column) }} = {{ quoted(shows) if shows else "null" }}, {% endfor %}

    ROW_HASH = case when ROW_HASH is not null then cast(? as {{ short(64) }}) end
where
{% for column, shows in moves %}
    {{ "or" if not loop.first }} {{ quoted(column) }} is not null {{ "or " ~ quoted(shows) ~ " is not null" if shows }}
{% endfor %}

-- confirm(former, level, state): Writes what Monday confirmed, as the ledger recorded it: rows that are known already
-- (changed, or made again under a new id), or those that aren't (new). An item made again has nothing in columns that
-- aren't mapped any more: a field that returns is written again.
{% set item = level == "ITEM" %}
{% set target, id = (_orders, "MONDAY_ITEM_ID") if item else (_sizes, "MONDAY_SUBITEM_ID") %}
{% if item %}
{% set plain = ["ITEM_NAME", "GROUP_NAME", "BATCH_CUSTOMER", "SOURCE_CUSTOMER", "TOTAL QTY"] + dict(json_columns) | list %}
{% set recorded = plain + ["_group_id", "_board_id"] %}
-- An adopted item that shows something else stays without a hash, so that it is changed.
{% set values = {"BATCH_ID": "c.BATCH_ID", "ROW_HASH": "case when c.DIFFERS = 1 then null else c.ROW_HASH end",
    "MONDAY_GROUP_ID": 'c."_group_id"', "MONDAY_BOARD_ID": 'c."_board_id"'} %}
{% else %}
{% set plain, recorded = [], ["ORDER_QTY", "_parent_id", "_board_id"] %}
{% set boards = 'c.BOARD_ID, c."_board_id"' ~ (", " ~ target ~ ".MONDAY_SUBITEM_BOARD_ID" if state != "new" else "") %}
-- An adopted subitem that shows another quantity stays unconfirmed, so that the next build stages it.
{% set values = {"BATCH_ID": "c.BATCH_ID", "ORDER_QTY": "case when c.DIFFERS = 1 then null else c.ORDER_QTY end",
    "MONDAY_PARENT_ITEM_ID": 'c."_parent_id"', "MONDAY_SUBITEM_BOARD_ID": "coalesce(" ~ boards ~ ")"} %}
{% endif %}
{% set settled %}
{{ _settled(recorded, types=dict(json_columns)) }} as c
where c.LEVEL = '{{ level }}' and c.OUTCOME in ('OK', 'ADOPTED')
    and c.CHANGE_TYPE {{ "not in ('CREATE', 'ARCHIVE')" if state == "changed" else "= 'CREATE'" }}
{% endset %}
{% if state == "new" %}
insert into {{ target }} (
    {{ q.keys[level] | join(", ") }}, {{ id }}, FIRST_PUSHED_AT, LAST_PUSHED_AT, {{ values | join(", ") }}
    {{ q.each(", ", plain) }}
)
select c.{{ q.keys[level] | join(", c.") }}, try_cast(c.MONDAY_ID as {{ bigint }}), ?, ?,
    {{ values.values() | join(", ") }} {{ q.each(", c.", plain) }}
from {{ settled }}
{% if duckdb %}
on conflict ({{ q.keys[level] | join(", ") }}) do nothing
{% else %}
    and not exists (select 1 from {{ target }} as m where {{ q.same(q.keys[level], "m", "c") }})
{% endif %}
{% else %}
update {{ target }}
set
{% for name in plain if state == "again" or name not in written_once %}
    {{ quoted(name) }} = c.{{ quoted(name) }},
{% endfor %}
{% for name in former %}
    {{ quoted(name) }} = null,
{% endfor %}
{% for name, value in values.items() if state == "again" or name != "MONDAY_PARENT_ITEM_ID" %}
    {{ name }} = {{ value }},
{% endfor %}
    {{ id ~ " = try_cast(c.MONDAY_ID as " ~ bigint ~ "), FIRST_PUSHED_AT = ?," if state == "again" }}
    {{ "ARCHIVED_AT = null," if item }} LAST_PUSHED_AT = ?
from {{ settled }} and {{ q.same(q.keys[level], target, "c") }}
{% endif %}

-- confirmed_values(): What the tables hold of orders, for cells that keep what they show.
select m.* from {{ _orders }} as m where m.ORDER_KEY = ?

-- count_work(level, selection, taken=false, limit=none, room=none, with_sizes=false): What is staged and needs work, by
-- batch and kind of change; `taken`: of it, what a push takes. What a run has in hand has its outcome still to come.
select w.BATCH_ID, min(w.BATCH_CUSTOMER) as BATCH_CUSTOMER, w.GROUP_NAME, w.KIND, count(*) as ROWS_STAGED,
    sum(case when w.ATTEMPTS > 0 then 1 else 0 end) as RETRIES
from (
    select s.BATCH_ID, s.BATCH_CUSTOMER, s.ATTEMPTS,
{% if level == "ITEM" %}
        s.GROUP_NAME,
        case
            when not {{ q.is_free() }} then 'SETTLE'
            when s.CHANGE_TYPE = 'ARCHIVE' then 'ARCHIVE'
            when m.MONDAY_ITEM_ID is null or m.ARCHIVED_AT is not null then 'CREATE'
            when s.CHANGED_COLUMNS = '["GROUP_NAME"]' then 'MOVE'
            when s.CHANGED_COLUMNS like '%"GROUP_NAME"%' then 'UPDATE_AND_MOVE'
            else 'UPDATE'
        end as KIND
{% else %}
        cast(null as {{ short(255) }}) as GROUP_NAME,
        case
            when not {{ q.is_free(level) }} then 'SETTLE' when x.MONDAY_SUBITEM_ID is null then 'CREATE' else 'UPDATE'
        end as KIND
{% endif %}
    {{ q.staged_work(level, selection) }}
    {{ q.taken(selection, with_sizes, limit, room) if taken }}
) as w
group by w.BATCH_ID, w.GROUP_NAME, w.KIND

-- forget_column(): Makes room for where a staged column stands now, unless another run has noted that.
delete from {{ table("MON_BoardColumns") }}
where BOARD_ID = ? and STAGED_COLUMN = ? and COLUMN_ID = ? and COLUMN_TYPE = ?

-- forget_sizes(): Sizes whose subitem a person deleted are made again. One that has another subitem by now keeps it.
update {{ _sizes }} set MONDAY_SUBITEM_ID = null
from {{ _settled(["_monday_id"]) }} as c
where c.OUTCOME = 'GONE' and c.MONDAY_ID = cast(c."_monday_id" as {{ short(255) }})
    and {{ q.same(q.keys.SUBITEM, _sizes, "c") }} and {{ _sizes }}.MONDAY_SUBITEM_ID = c."_monday_id"

-- former_columns(): Columns of the confirmed orders that the mapping once had and has no longer.
select distinct b.STAGED_COLUMN as NAME
from {{ table("MON_BoardColumns") }} as b
inner join INFORMATION_SCHEMA.COLUMNS as c on {{ q.bin("c.COLUMN_NAME") }} = b.STAGED_COLUMN
where lower(c.TABLE_SCHEMA) = lower(?) and lower(c.TABLE_NAME) = lower('MON_CustMasterSchedule') {{ q.here("c") }}
    and b.STAGED_COLUMN not in (
        'ORDER_KEY'{% for column, type, name in columns %}, '{{ name | replace("'", "''") }}'{% endfor %}

    )
order by 1

-- held_changes(): What the guards hold back, the whole source first.
select BATCH_CUSTOMER, KIND, HELD_COUNT, WHOLE_COUNT, REASON from {{ table("STG_MON_HeldChanges") }}
order by BATCH_CUSTOMER, KIND

-- known_batch(): A batch that is staged, or was pushed before.
select 1 as KNOWN where exists (select 1 from {{ _staged }} where BATCH_ID = ?)
    or exists (select 1 from {{ _staged_sizes }} where BATCH_ID = ?)
    or exists (select 1 from {{ _batches }} where BATCH_ID = ?)

-- known_ids(level): Of these items, or subitems, those that the tables know, each with the row that it stands for.
{% set table, id = (_orders, "MONDAY_ITEM_ID") if level == "ITEM" else (_sizes, "MONDAY_SUBITEM_ID") %}
select k.{{ id }} as ID, {{ q.row_key(level, "k") }} as ROW_KEY
from {{ table }} as k where k.{{ id }} in (select j.ITEM_ID from {{ q.json_rows(["ITEM_ID"]) }} as j)

-- known_values(places): Every value that a filter can mean, of the source as last built, of what is staged and of what
-- is confirmed; beside a customer's name the canonical one.
select distinct NAME, CANONICAL
from (
{% for place, name, canonical in places %}
    {{ "union all" if not loop.first }}
    select {{ q.bin(name) }} as NAME, {{ q.bin(canonical) }} as CANONICAL
    from {{ table(place) }} where {{ name }} is not null
{% endfor %}
) as known

-- move_claims(): The claims of a request's remainder go over to the request that carries it on.
update {{ _claims }} set REQUEST_ID = ?, WORKER = ? where REQUEST_ID = ? and ROW_KEY in {{ q.listed("ROW_KEY") }}

-- new_hashes(): Orders of which the hash alone is new: the board shows their values. One confirmed anew since is left.
update {{ _orders }} set ROW_HASH = n.ROW_HASH
from {{ table("STG_MON_NewHashes") }} as n
where {{ q.same(q.keys.ITEM, _orders, "n") }} and {{ _orders }}.ROW_HASH = n.CONFIRMED_HASH

-- open_requests(): Requests without an outcome, of dead runs or (lease not over) live ones. ROWS_HELD: orders and
-- sizes.
select REQUEST_ID, RUN_ID, BATCH_ID, OPERATION, BODY, ROW_COUNT, WORKER, LEASE_UNTIL, ATTEMPTS, RECORDED_AT, SENT_AT,
    STATE, DUE_AT, (
        select count(*) from {{ _rows }} as r where r.REQUEST_ID = q.REQUEST_ID and r.LEVEL in ('ITEM', 'SUBITEM')
    ) as ROWS_HELD
from {{ _requests }} as q where OUTCOME is null
order by RECORDED_AT, REQUEST_ID

-- other_board(): A board, other than the one in use, that confirmed ids belong to.
select distinct MONDAY_BOARD_ID
from {{ _orders }}
where MONDAY_ITEM_ID is not null and ARCHIVED_AT is null and MONDAY_BOARD_ID is not null and MONDAY_BOARD_ID <> ?

-- postpone(): Notes when something is due about an open request: SEND, ASK before its first sending, or SENT where
-- nobody knows its end.
update {{ _requests }} set STATE = ?, DUE_AT = ?, ATTEMPTS = ? where REQUEST_ID = ? and WORKER = ? and OUTCOME is null

-- present_groups(): The groups that the board had when last seen.
select GROUP_TITLE from {{ _groups }} where BOARD_ID = ? and IS_PRESENT = 1

-- purge(column, name): Retention: error rows 30 days after resolution, batches and requests 90 days.
delete from {{ table(name) }} where {{ column }} < ?

-- purge_rows(): Rows of requests that are no longer kept.
delete from {{ _rows }} where REQUEST_ID not in (select REQUEST_ID from {{ _requests }})

-- quantities_emptied(): The quantities of a board's subitems stand under another id, where nothing is: the next build
-- stages them.
update {{ _sizes }} set ORDER_QTY = null where MONDAY_SUBITEM_BOARD_ID = ? and ORDER_QTY is not null

-- record_errors(level): Records failed attempts, and cells that were left blank, of rows as the ledger recorded them. A
-- retryable one is due at the next run.
{% set fields = ["ERR_ID", "STAGE", "ERROR_CLASS", "ERROR_CODE", "ERROR_MESSAGE", "COLUMN_NAME", "COLUMN_ID",
    "COLUMN_VALUE", "HTTP_STATUS", "API_PAYLOAD", "ATTEMPT"] %}
{% set recorded = ["BATCH_CUSTOMER", "ITEM_NAME", "GROUP_NAME", "MAPPING_HASH"] %}
{% set sized, flags = level == "SUBITEM", ["RETRYABLE", "MAX_RETRIES_REACHED"] %}
insert into {{ q.errors(level) }} (
    {{ "SIZE_LABEL, ORDER_QTY, MONDAY_PARENT_ITEM_ID," if sized }} ORDER_KEY, BATCH_ID, REQUEST_ID, CHANGE_TYPE,
    ROW_HASH, {{ (fields + recorded) | join(", ") }}, RETRYABLE, MAX_RETRIES_REACHED, NEXT_RETRY_AT, CREATED_AT
)
select {{ 'c.SIZE_LABEL, c.ORDER_QTY, c."_parent_id",' if sized }} c.ORDER_KEY, c.BATCH_ID, c.REQUEST_ID,
    case when c.CHANGE_TYPE in ('MOVE', 'UPDATE_AND_MOVE') then 'UPDATE' else c.CHANGE_TYPE end, c.ROW_HASH,
    c.{{ (fields + recorded) | join(", c.") }}, cast(c.RETRYABLE as {{ flag }}),
    cast(c.MAX_RETRIES_REACHED as {{ flag }}), case when c.RETRYABLE = 1 and c.MAX_RETRIES_REACHED = 0 then ? end, ?
from {{ _settled(recorded + (["ORDER_QTY", "_parent_id"] if sized else []), fields + flags) }} as c
where c.LEVEL = '{{ level }}'

-- record_request(): Records a request before it is sent.
insert into {{ _requests }} (
    REQUEST_ID, RUN_ID, BATCH_ID, OPERATION, BODY, ROW_COUNT, WORKER, LEASE_UNTIL, ATTEMPTS, RECORDED_AT, SENT_AT,
    STATE, DUE_AT
) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- record_rows(): Records the rows of a request.
{% set fields = ["REQUEST_ID", "ALIAS", "LEVEL", "ROW_KEY", "ORDER_KEY", "SIZE_LABEL", "BATCH_ID", "CHANGE_TYPE",
    "ROW_HASH", "ROW_VALUES"] %}
insert into {{ _rows }} ({{ fields | join(", ") }})
select j.{{ fields | join(", j.") }} from {{ q.json_rows(fields) }} as j

-- claims_of(): What a request has claimed.
select ROW_KEY from {{ _claims }} where REQUEST_ID = ?

-- release(rest): Ends the claims of requests; with `rest`, but for the rows that are carried.
delete from {{ _claims }} where REQUEST_ID in {{ q.listed("REQUEST_ID") }}
{% if rest %}
    and not exists (
        select 1 from {{ q.json_rows(["REQUEST_ID", "ROW_KEY"]) }} as k
        where {{ q.same(["REQUEST_ID", "ROW_KEY"], _claims, "k") }}
    )
{% endif %}

-- release_orphans(): Releases claims that belong to no request: a run died before it recorded the one it claimed for.
delete from {{ _claims }}
where WORKER <> ? and LEASE_UNTIL < ?
    and not exists (select 1 from {{ _requests }} as r where r.REQUEST_ID = {{ _claims }}.REQUEST_ID)

-- renew_leases(name): A worker that lives says so.
update {{ table(name) }} set LEASE_UNTIL = ?
where {{ "RUN_ID" if name == "MON_BatchProcessing" else "WORKER" }} = ? {{ _at_work[name] if name in _at_work }}

-- request_rows(): The rows of one request, with the staged values it carried.
select ALIAS, LEVEL, ROW_KEY, ORDER_KEY, SIZE_LABEL, BATCH_ID, CHANGE_TYPE, ROW_HASH, ROW_VALUES, OUTCOME, MONDAY_ID
from {{ _rows }} where REQUEST_ID = ?
order by ALIAS

-- resolve_errors(level): Closes the open errors of rows that got through.
{% set target = q.errors(level) %}
update {{ target }} set RESOLVED_AT = ?, RESOLVED_BY = ?
from {{ _settled(["_monday_id"]) }} as c
where {{ target }}.RESOLVED_AT is null and c.LEVEL = '{{ level }}' and c.OUTCOME in ('OK', 'ADOPTED')
    and {{ q.same(q.keys[level], target, "c") }}

-- oldest_creations(rows, selection): The orders to create that find room on a board that takes so many: the oldest.
{{ q.oldest_creations(rows, selection) }}

-- restore_items(): Items that are on the board again stand for their orders again.
update {{ _orders }} set ARCHIVED_AT = null
where ARCHIVED_AT is not null and MONDAY_ITEM_ID in (select j.ITEM_ID from {{ q.json_rows(["ITEM_ID"]) }} as j)

-- restore_sizes(): Sizes of such items that didn't come back with them. Parameters: the items; the subitems that did.
update {{ _sizes }} set MONDAY_SUBITEM_ID = null
where MONDAY_SUBITEM_ID is not null
    and MONDAY_PARENT_ITEM_ID in (select j.ITEM_ID from {{ q.json_rows(["ITEM_ID"]) }} as j)
    and MONDAY_SUBITEM_ID not in (select j.ITEM_ID from {{ q.json_rows(["ITEM_ID"]) }} as j)

-- returning_items(selection): The archived items of orders that are to be created again: a person may have restored one.
select m.MONDAY_ITEM_ID {{ q.staged_work("ITEM", selection) }}
    and {{ q.is_creation() }} and {{ q.is_free() }} and m.MONDAY_ITEM_ID is not null
order by m.MONDAY_ITEM_ID

-- sample_creations(rows, selection): Orders to create, to look up on the board: half of them spread evenly from the
-- oldest to the newest, the others the newest of each customer. Rows of open requests are left out: recovery looks
-- these up.
{% set spread = rows // 2 %}
select n.ORDER_KEY, n.ITEM_NAME
from (
    select s.ORDER_KEY, s.ITEM_NAME, s.BATCH_CUSTOMER, count(*) over () as ALL_ROWS,
        row_number() over (order by {{ q.ordered_at }}, {{ q.bin("s.ORDER_KEY") }}) as PLACE,
        row_number() over (
            partition by s.BATCH_CUSTOMER order by {{ q.ordered_at }} desc, {{ q.bin("s.ORDER_KEY") }} desc
        ) as FROM_NEWEST
    {{ q.staged_work("ITEM", selection) }} and {{ q.is_creation() }} and {{ q.is_free() }}
) as n
order by case when (n.PLACE - 1) * {{ spread }} % n.ALL_ROWS < {{ spread }} then 0 else n.FROM_NEWEST end,
    n.BATCH_CUSTOMER, n.PLACE {{ q.limit(rows) }}

-- sample_parents(rows, selection): Items under which sizes are to be created, spread evenly over all such items. Sizes
-- of open requests are left out.
select n.MONDAY_ITEM_ID
from (
    select m.MONDAY_ITEM_ID, count(*) over () as ALL_ROWS, row_number() over (order by m.MONDAY_ITEM_ID) as PLACE
    {{ q.staged_work("SUBITEM", selection) }}
        and m.MONDAY_ITEM_ID is not null and x.MONDAY_SUBITEM_ID is null and {{ q.is_free("SUBITEM") }}
    group by m.MONDAY_ITEM_ID
) as n
where (n.PLACE - 1) * {{ rows }} % n.ALL_ROWS < {{ rows }}
order by n.MONDAY_ITEM_ID

-- save_columns(): Where staged columns stand on the board now; nothing of one that another run has noted already.
{% set fields = ["STAGED_COLUMN", "COLUMN_ID", "COLUMN_TYPE", "COLUMN_TITLE"] %}
insert into {{ table("MON_BoardColumns") }} (BOARD_ID, SEEN_AT, {{ fields | join(", ") }})
select ?, ?, j.{{ fields | join(", j.") }}
from {{ q.json_rows(fields) }} as j
where not exists (
        select 1 from {{ table("MON_BoardColumns") }} as b
        where b.BOARD_ID = ? and {{ q.same(["STAGED_COLUMN"], "b", "j") }}
    )

-- see_groups(): Groups that are known, as seen now: under another title, or gone.
update {{ _groups }}
set GROUP_TITLE = coalesce({{ q.bin("n.SEEN_TITLE") }}, {{ _groups }}.GROUP_TITLE), LAST_SEEN_AT = ?,
    IS_PRESENT = n.IS_SEEN
from (
    select g.BOARD_ID, g.GROUP_ID, j.GROUP_TITLE as SEEN_TITLE,
        case when j.GROUP_ID is null then 0 else 1 end as IS_SEEN
    from {{ _groups }} as g
    left join {{ q.json_rows(["GROUP_ID", "GROUP_TITLE"]) }} as j on {{ q.same(["GROUP_ID"], "g", "j") }}
) as n
where {{ _groups }}.BOARD_ID = ? and {{ _groups }}.BOARD_ID = n.BOARD_ID and {{ _groups }}.GROUP_ID = n.GROUP_ID
    and (
        {{ _groups }}.IS_PRESENT <> n.IS_SEEN or coalesce({{ _groups }}.GROUP_TITLE, '') <> {{ q.bin("n.SEEN_TITLE") }}
    )

-- new_groups(): Groups that are seen for the first time.
insert into {{ _groups }} (BOARD_ID, GROUP_ID, GROUP_TITLE, FIRST_SEEN_AT, LAST_SEEN_AT, IS_PRESENT)
select ?, j.GROUP_ID, j.GROUP_TITLE, ?, ?, 1
from {{ q.json_rows(["GROUP_ID", "GROUP_TITLE"]) }} as j
where not exists (select 1 from {{ _groups }} as g where g.BOARD_ID = ? and {{ q.same(["GROUP_ID"], "g", "j") }})

-- seen_columns(): Where the staged columns stood on the board when last seen.
select STAGED_COLUMN, COLUMN_ID, COLUMN_TYPE from {{ table("MON_BoardColumns") }} where BOARD_ID = ?

-- send_again(): Notes that a request is about to be sent again. A worker that lost it changes no row, sends nothing.
update {{ _requests }} set SENT_AT = ?, ATTEMPTS = ?, LEASE_UNTIL = ?, STATE = 'SENT', DUE_AT = ?
where REQUEST_ID = ? and WORKER = ? and OUTCOME is null

-- _of_customer(alias, customers): Rows of some customers, by their canonical names: a parameter each.
{% for at in range(customers) %}
{{ "or" if at else "and (" }} {{ q.bin("upper(" ~ alias ~ ".BATCH_CUSTOMER)") }} = upper(?) {{ ")" if loop.last }}
{% endfor %}

-- set_aside(customers): Rows that are neither staged nor on the board as they are: refused or tried in vain, left-out
-- cells, rejected by the build. A row whose data or mapping has changed since is staged, and waits for nothing.
{% for level, staged in [("ITEM", _staged), ("SUBITEM", _staged_sizes)] %}
select '{{ level }}' as KIND,
    count(distinct case when e.ERROR_CLASS <> 'CELL' then {{ q.row_key(level, "e") }} end) as ROWS_HELD,
    count(case when e.ERROR_CLASS = 'CELL' then 1 end) as CELLS_BLANK
from {{ q.errors(level) }} as e
where e.RESOLVED_AT is null and (e.RETRYABLE = 0 or e.MAX_RETRIES_REACHED = 1) {{ _of_customer("e", customers) }}
    and not exists (
        select 1 from {{ staged }} as s
        where {{ q.same(q.keys[level], "e", "s") }} and (s.ROW_HASH <> e.ROW_HASH or s.MAPPING_HASH <> e.MAPPING_HASH)
    )
union all
{% endfor %}
select 'REJECTED', count(*), 0
from {{ table("STG_MON_RejectedOrders") }} as r where 1 = 1 {{ _of_customer("r", customers) }}

-- settle_cells(): Cells that were left blank are what they should be by now: of their orders the hash alone is new.
{% set errors = q.errors("ITEM") %}
update {{ errors }} set RESOLVED_AT = ?, RESOLVED_BY = 'build'
where RESOLVED_AT is null and ERROR_CLASS = 'CELL'
    and exists (
        select 1 from {{ table("STG_MON_NewHashes") }} as n
        inner join {{ _orders }} as m on {{ q.same(q.keys.ITEM, "m", "n") }} and m.ROW_HASH = n.ROW_HASH
        where {{ q.same(q.keys.ITEM, errors, "n") }} and n.ROW_HASH <> {{ errors }}.ROW_HASH
    )

-- shorten_leases(name): A lease that ends later than one taken now was written by a clock that is ahead, or before this
-- one was set back: it counts from now. Who lives renews it.
update {{ table(name) }} set LEASE_UNTIL = ? where LEASE_UNTIL > ? {{ _at_work[name] if name in _at_work }}

-- sizes_of_orders(made_again): The sizes of orders just confirmed, in the order that planners know. Whether they need
-- work is seen when they are claimed.
select s.ORDER_KEY, s.SIZE_LABEL, {{ q.row_key("SUBITEM", "s") }} as ROW_KEY, 'SUBITEM' as KIND
from {{ q.staged_sizes(made_again) }} as s
{{ q.known_sizes() if made_again }}
where {{ q.bin("s.ORDER_KEY") }} in {{ q.listed("ORDER_KEY") }}
order by s.BATCH_ID, {{ q.in_order(made_again) }}

-- take_over(): Takes a dead run's request over. Where two runs try, one wins (the other changes no row).
update {{ _requests }} set WORKER = ?, RUN_ID = ?, LEASE_UNTIL = ?
where REQUEST_ID = ? and WORKER = ? and OUTCOME is null and LEASE_UNTIL < ?

-- take_over_claims(): The claims follow their request.
update {{ _claims }} set WORKER = ?, LEASE_UNTIL = ? where REQUEST_ID = ?

-- unknown_on_board(): How many orders to create have an item on the board that the tables don't know. Read after the
-- board was: an order that another run has created meanwhile is confirmed or in its hands by now. Keys compare as in
-- the adoption.
select count(distinct s.ORDER_KEY) as ORDERS
from {{ q.staged("ITEM") }}
inner join {{ q.json_rows(["ITEM_ID", "KEY_TEXT"]) }} as j
    on {{ q.norm("j.KEY_TEXT") }} = {{ q.norm(q.bin("s.ORDER_KEY")) }}
where {{ q.needs_work("ITEM") }} and {{ q.is_creation() }} and {{ q.is_free() }}
    and not exists (select 1 from {{ _orders }} as k where k.MONDAY_ITEM_ID = j.ITEM_ID)

-- unknown_sizes(): How many sizes to create have a subitem on the board that the tables don't know and that shows their
-- quantity: what a person made by hand shows another. Read after the board was.
select count(distinct concat(s.ORDER_KEY, '|', s.SIZE_LABEL)) as SIZES
from {{ q.staged("SUBITEM") }}
inner join {{ q.json_rows(["SUBITEM_ID", "ITEM_ID", "LABEL", "QTY"]) }} as j
    on j.ITEM_ID = m.MONDAY_ITEM_ID and j.QTY = s.ORDER_QTY
    and {{ q.norm("j.LABEL") }} = {{ q.norm(q.bin("s.SIZE_LABEL")) }}
where x.MONDAY_SUBITEM_ID is null and {{ q.needs_work("SUBITEM") }} and {{ q.is_free("SUBITEM") }}
    and not exists (select 1 from {{ _sizes }} as k where k.MONDAY_SUBITEM_ID = j.SUBITEM_ID)

-- window(level, rows, selection): The next orders, or sizes whose order is on the board, that need work, after the key
-- reached so far. Rows held by another run are left out. Sizes of an order that is being changed wait for it: its item
-- may prove to be gone, and then they belong under another.
{% set parts = ["BATCH_ID"] + q.keys[level] %}
{% set change = "case when " ~ q.is_creation() ~ " then 'CREATE' else 'UPDATE' end" %}
select s.{{ parts | join(", s.") }}, {{ q.row_key(level, "s") }} as ROW_KEY,
    {{ change if level == "ITEM" else "'SUBITEM'" }} as KIND
{{ q.staged_work(level, selection) }} and {{ q.is_free() }}
    {{ "and m.MONDAY_ITEM_ID is not null and " ~ q.is_free("SUBITEM") if level == "SUBITEM" }}
    and (
        {% for part in parts %}
        {{ "or" if not loop.first }} (
            {% for same in parts[:loop.index0] %}{{ q.bin("s." ~ same) }} = ? and {% endfor %}

            {{ q.bin("s." ~ part) }} > ?
        )
        {% endfor %}
    )
order by {% for part in parts %}{{ q.bin("s." ~ part) }}{{ ", " if not loop.last }}{% endfor %} {{ q.limit(rows) }}

-- leaving_items(selection): The items to archive: archiving names no board, so where they are is asked before.
select m.MONDAY_ITEM_ID {{ q.staged_work("ITEM", selection) }} and s.CHANGE_TYPE = 'ARCHIVE' order by m.MONDAY_ITEM_ID
