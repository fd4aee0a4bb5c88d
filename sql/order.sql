{% set _keyed, _source = table("int_orders__keyed"), table("stg_erp__orders") %}

-- hits(): Orders that a text may mean, an exact key first, without rejected copies of them; a number's
-- first order is asked for with #1 behind it. Parameters: the text four times, as an id (or null) twice.
select o.*, case when {{ q.bin("o.ORDER_KEY") }} = ? then 1 else 0 end as IS_KEY,
    case when o.ORDER_KEY = {{ q.bin("o.ORDER_NUMBER") }} then concat(o.ORDER_KEY, '#1') else o.ORDER_KEY end as ASKED_BY
from (
    select k.ORDER_KEY, k.SOURCE_ROW, s."AAG ORDER NUMBER" as ORDER_NUMBER, k.BATCH_CUSTOMER, k.ITEM_NAME,
        m.MONDAY_ITEM_ID
    from {{ _keyed }} as k
    inner join {{ _source }} as s on s.SOURCE_ROW = k.SOURCE_ROW
    left join {{ _orders }} as m on {{ q.same(q.keys.ITEM, "m", "k") }}
    where not exists (select 1 from {{ table("int_copies") }} as c where c.SOURCE_ROW = k.SOURCE_ROW and c.IS_REJECTED = 1)
    union all
    select m.ORDER_KEY, null, m."AAG ORDER NUMBER", m.BATCH_CUSTOMER, m.ITEM_NAME, m.MONDAY_ITEM_ID
    from {{ _orders }} as m
    where not exists (select 1 from {{ _keyed }} as k where {{ q.same(q.keys.ITEM, "m", "k") }})
) as o
where {{ q.bin("upper(o.ORDER_KEY)") }} = upper(?) or {{ q.bin("upper(o.ORDER_NUMBER)") }} = upper(?)
    or {{ q.bin("upper(o.ITEM_NAME)") }} = upper(?) or o.MONDAY_ITEM_ID = ?
    or exists (select 1 from {{ _sizes }} as x where {{ q.same(q.keys.ITEM, "x", "o") }} and x.MONDAY_SUBITEM_ID = ?)
order by o.ORDER_KEY, o.SOURCE_ROW

-- numbers(): Every order number that the source has.
select distinct "AAG ORDER NUMBER" as ORDER_NUMBER from {{ _source }} where "AAG ORDER NUMBER" <> ''

-- state(): The order's row, what staging made of it, and what is confirmed. Parameters: that of was_full, key, row.
select w.ORDER_KEY, w.SOURCE_ROW,
    coalesce(k.BATCH_CUSTOMER, m.BATCH_CUSTOMER) as BATCH_CUSTOMER,
    coalesce(k.SOURCE_CUSTOMER, m.SOURCE_CUSTOMER) as SOURCE_CUSTOMER, coalesce(k.ITEM_NAME, m.ITEM_NAME) as ITEM_NAME,
    coalesce(k.GROUP_NAME, m.GROUP_NAME) as GROUP_NAME, r."CUSTOMER SEASON" as CUSTOMER_SEASON,
    r."AAG SEASON" as AAG_SEASON, k.REASONS, k.PAIRED_BY, k.IS_IN_SCOPE, k.IS_CANCELLED, m.MONDAY_ITEM_ID,
    m.ITEM_NAME as CONFIRMED_NAME, m.GROUP_NAME as CONFIRMED_GROUP, m.FIRST_PUSHED_AT, m.LAST_PUSHED_AT, m.ARCHIVED_AT,
    s.CHANGE_TYPE, s.CHANGED_COLUMNS, s.BATCH_ID, s.ATTEMPTS,
    case
        when k.REASONS is not null then 'REJECTED'
        when s.ORDER_KEY is not null and {{ q.needs_work("ITEM") }}
            then case when {{ q.is_creation() }} and {{ q.was_full() }} then 'NO_ROOM' else 'STAGED' end
        when k.IS_IN_SCOPE = 0 then 'OUT_OF_SCOPE'
        when n.ORDER_KEY is not null then 'HELD_RENUMBERED'
        when l.IS_HELD = 1 then 'HELD_REMOVALS'
        when c.IS_BLOCKED = 1 or e.IS_HELD = 1 then 'BLOCKED'
        when k.SOURCE_ROW is null and m.ARCHIVED_AT is not null then 'ARCHIVED'
        when k.SOURCE_ROW is null then 'LEFT'
        when m.MONDAY_ITEM_ID is null then 'UNKNOWN'
        else 'UNCHANGED'
    end as STATE
from (select {{ q.bin("cast(? as " ~ short(255) ~ ")") }} as ORDER_KEY, cast(? as {{ bigint }}) as SOURCE_ROW) as w
left join {{ _keyed }} as k on k.SOURCE_ROW = w.SOURCE_ROW
left join {{ _source }} as r on r.SOURCE_ROW = w.SOURCE_ROW
left join {{ _orders }} as m on m.ORDER_KEY = w.ORDER_KEY
left join {{ _staged }} as s on {{ q.same(q.keys.ITEM, "w", "s") }}
left join {{ table("int_orders__compared") }} as c on {{ q.same(q.keys.ITEM, "w", "c") }}
left join {{ table("int_renumbered") }} as n on {{ q.same(q.keys.ITEM, "w", "n") }}
left join {{ table("int_removals") }} as l on {{ q.same(q.keys.ITEM, "w", "l") }}
{{ q.open_errors("ITEM", _staged) }}

-- cells(): Cells of the row that reach the board otherwise than they are written.
select COLUMN_NAME, WRITTEN_VALUE, CLEANED_VALUE from {{ table("stg_erp__cleaned_cells") }} where SOURCE_ROW = ?
order by COLUMN_NAME

-- sizes(): Sizes of the row, confirmed, staged, on the board as last pulled, and why the board doesn't show what the
-- source says: still to be pushed (STAGED), held with its order (ORDER), by an open error (BLOCKED), or, where the build
-- left out what differs without an error, by a guard (HELD). Parameters: row, key four times, pull.
select l.SIZE_LABEL, max(l.IN_SOURCE) as IN_SOURCE, max(l.CONFIRMED) as CONFIRMED, max(l.STAGED) as STAGED,
    max(l.PULLED) as PULLED, max(l.WAITS) as WAITS, max(l.MONDAY_SUBITEM_ID) as MONDAY_SUBITEM_ID,
    max(l.ADDRESS) as ADDRESS
from (
    select {{ q.bin("o.SIZE_LABEL") }} as SIZE_LABEL, o.ORDER_QTY as IN_SOURCE, null as CONFIRMED, null as STAGED,
        null as PULLED, null as MONDAY_SUBITEM_ID, null as ADDRESS, null as WAITS
    from {{ table("int_order_sizes") }} as o where o.SOURCE_ROW = ?
    union all
    select SIZE_LABEL, null, ORDER_QTY, null, null, MONDAY_SUBITEM_ID, null, null from {{ _sizes }}
    where ORDER_KEY = ?
    union all
    select {{ q.bin("s.SIZE_LABEL") }}, null, null, s.ORDER_QTY, null, null, null,
        case
            when {{ q.needs_work("SUBITEM") }} and m.MONDAY_ITEM_ID is null
                and {{ q.bin("s.ORDER_KEY") }} not in (select {{ q.bin("s.ORDER_KEY") }} {{ q.staged_work("ITEM") }})
                then 'ORDER'
            when {{ q.needs_work("SUBITEM") }} then 'STAGED' when e.IS_HELD = 1 then 'BLOCKED'
        end
    from {{ q.staged("SUBITEM") }}
    where {{ q.bin("s.ORDER_KEY") }} = ?
    union all
    select {{ q.bin("c.SIZE_LABEL") }}, null, null, null, null, null, null,
        case when c.IS_BLOCKED = 1 then 'BLOCKED' else 'HELD' end
    from {{ table("int_order_sizes__compared") }} as c
    where {{ q.bin("c.ORDER_KEY") }} = ?
        and not exists (select 1 from {{ _staged_sizes }} as s where {{ q.same(q.keys.SUBITEM, "c", "s") }})
    union all
    select x.SIZE_LABEL, null, null, null, b.ORDER_QTY, null, b.ADDRESS, null
    from {{ _subitems }} as b
    inner join {{ _sizes }} as x on x.MONDAY_SUBITEM_ID = b.SUBITEM_ID
    where x.ORDER_KEY = ? and b.PULL_ID = ?
) as l
left join {{ table("int_sizes") }} as p on {{ q.same(["SIZE_LABEL"], "l", "p") }}
group by l.SIZE_LABEL order by min(p.SIZE_POSITION), l.SIZE_LABEL

-- requests(): Every request about the order or a size of it, newest first.
select q.RECORDED_AT, q.SENT_AT, q.FINISHED_AT, q.OPERATION, r.LEVEL, r.SIZE_LABEL, r.CHANGE_TYPE,
    coalesce(r.OUTCOME, q.OUTCOME) as OUTCOME, q.HTTP_STATUS, q.MONDAY_REQUEST_ID, r.MONDAY_ID, q.RUN_ID, q.BATCH_ID
from {{ _rows }} as r
inner join {{ _requests }} as q on q.REQUEST_ID = r.REQUEST_ID
where r.ORDER_KEY = ?
order by q.RECORDED_AT desc, q.REQUEST_ID, r.ALIAS {{ q.limit(50) }}

-- errors(): Open errors and cells left blank, newest first.
select CREATED_AT, SIZE_LABEL, ERROR_CLASS, ERROR_CODE, COLUMN_NAME, ERROR_MESSAGE, ATTEMPT, REQUEST_ID,
    case when RETRYABLE = 1 and MAX_RETRIES_REACHED = 0 then 1 else 0 end as COMES_AGAIN
from {{ q.all_errors() }} where ORDER_KEY = ? and RESOLVED_AT is null
order by CREATED_AT desc, SIZE_LABEL, ERROR_CODE

-- pulled(): What the last pull that ended saw of an item; a pull of a selection need not have looked.
select p.PULL_ID, p.FINISHED_AT, b.ITEM_ID, b.STATE, b.ITEM_NAME, b.GROUP_NAME, b.ADDRESS, b.UPDATED_AT
from {{ _pulls }} as p
inner join {{ _items }} as b on b.PULL_ID = p.PULL_ID
where p.FINISHED_AT is not null and b.ITEM_ID = ?
order by p.PULL_NUMBER desc, p.PULL_ID {{ q.limit(1) }}
