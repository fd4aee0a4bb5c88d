-- The board as it is landed: a pull's rows carry its id, and count once it has ended.

-- _chosen(column, selection, staged): The orders of a selection, by this column of theirs: those confirmed, and staged.
{% set columns = 'MONDAY_ITEM_ID, BATCH_ID, SOURCE_CUSTOMER, BATCH_CUSTOMER, "PO NUMBER", "AAG SEASON",
    "CUSTOMER SEASON"' %}
(
    select s.{{ column }}
    from (
        select ORDER_KEY, {{ columns }} from {{ _orders }}
        {{ "union all select " ~ q.bin("ORDER_KEY") ~ ", " ~ columns ~ " from " ~ _staged if staged }}
    ) as s
    where 1 = 1 {{ q.chosen(selection) }}
)

-- _not_earlier(): A pull and those that began later, as p: the database counts them, for clocks differ and are set back.
-- Two that began at the same moment have one number, and their ids decide.
from {{ _pulls }} as o
inner join {{ _pulls }} as p
    on p.PULL_NUMBER > o.PULL_NUMBER or (p.PULL_NUMBER = o.PULL_NUMBER and p.PULL_ID >= o.PULL_ID)
where o.PULL_ID = ?

-- absent(rows, selection, staged): Items to ask for by their id: confirmed ones that no page showed, and parents of
-- confirmed subitems that none showed. Parameters: the pull twice, the last id, then those of the selection.
select w.ITEM_ID
from (
    select m.ORDER_KEY, m.MONDAY_ITEM_ID as ITEM_ID
    from {{ _orders }} as m
    where m.MONDAY_ITEM_ID is not null and m.ARCHIVED_AT is null
        and not exists (select 1 from {{ _items }} as i where i.PULL_ID = ? and i.ITEM_ID = m.MONDAY_ITEM_ID)
    union
    select x.ORDER_KEY, x.MONDAY_PARENT_ITEM_ID
    from {{ _sizes }} as x
    inner join {{ _orders }} as p on p.MONDAY_ITEM_ID = x.MONDAY_PARENT_ITEM_ID
    left join {{ _subitems }} as s
        on s.PULL_ID = ? and s.SUBITEM_ID = x.MONDAY_SUBITEM_ID and s.ITEM_ID = x.MONDAY_PARENT_ITEM_ID
    where x.MONDAY_SUBITEM_ID is not null and p.ORDER_KEY = x.ORDER_KEY and s.SUBITEM_ID is null
) as w
where w.ITEM_ID > ?
    {{ "and w.ORDER_KEY in " ~ _chosen("ORDER_KEY", selection, staged) if selection }}
group by w.ITEM_ID order by w.ITEM_ID {{ q.limit(rows) }}

-- chosen(selection, staged): Keys of the orders to pull.
select distinct c.ORDER_KEY from {{ _chosen("ORDER_KEY", selection, staged) }} as c order by c.ORDER_KEY

-- start(): A pull begins: what is confirmed later than the latest of now may be younger than what it reads.
insert into {{ _pulls }} (
    PULL_ID, BOARD_ID, SUBITEM_BOARD_ID, FILTERS, COLUMN_TYPES, STARTED_AT, PULL_NUMBER, CONFIRMED_UNTIL
)
select ?, ?, ?, ?, ?, ?, (select coalesce(max(p.PULL_NUMBER), 0) + 1 from {{ _pulls }} as p), max(t.CONFIRMED_AT)
from (
    select LAST_PUSHED_AT as CONFIRMED_AT from {{ _orders }} union all select ARCHIVED_AT from {{ _orders }}
    union all select LAST_PUSHED_AT from {{ _sizes }}
) as t

-- load(name, id): A page of items or subitems, cells as text. What an earlier page showed stays as it is.
{% set fields = ["ITEM_ID", "BOARD_ID", "STATE", "ADDRESS", "CREATED_AT", "UPDATED_AT", "OTHER_CELLS"] %}
{% if id == "ITEM_ID" %}
{% set own, texts = ["GROUP_ID", "ORDER_KEY"], ["ITEM_NAME", "GROUP_NAME"] + dict(json_columns) | list %}
{% else %}
{% set own, texts = ["SUBITEM_ID", "SIZE_LABEL"], ["SUBITEM_NAME", "ORDER_QTY"] %}
{% endif %}
insert into {{ table(name) }} (PULL_ID{{ q.each(", ", fields + own + texts) }})
select ?{{ q.each(", j.", fields + own + texts) }}
from {{ q.json_rows(fields + own + texts, types=dict.fromkeys(texts, text)) }} as j
where not exists (select 1 from {{ table(name) }} as s where s.PULL_ID = ? and s.{{ id }} = j.{{ id }})

-- forget(name): What a page said of items that are read again.
delete from {{ table(name) }}
where PULL_ID = ? and ITEM_ID in (select j.ITEM_ID from {{ q.json_rows(["ITEM_ID"]) }} as j)

-- replace(name, id, selection, staged): Removes what earlier pulls landed; of a selection, that of its orders and of
-- what this pull landed. Parameters: the pull; of a selection the pull again, and those of the selection twice.
delete from {{ table(name) }}
where PULL_ID not in (select p.PULL_ID {{ _not_earlier() }})
{% if selection %}
    and (
        {{ id }} in (select n.{{ id }} from {{ table(name) }} as n where n.PULL_ID = ?)
        or ITEM_ID in (
            select i.ITEM_ID
            from {{ _items }} as i
            where i.ORDER_KEY in {{ _chosen("ORDER_KEY", selection, staged) }}
                or i.ITEM_ID in {{ _chosen("MONDAY_ITEM_ID", selection, staged) }}
        )
    )
{% endif %}

-- take(name): Reads what a view says of the pulled board into a working table, which is gone with the connection.
{{ q.select_into(work(name), "v.*") }} from {{ table("STG_MON_" ~ name) }} as v

-- landed(): How much a pull landed of what is on the board, and whether it counts: one of the whole board that began
-- later and has ended leaves it out, or has removed it. Parameters: the pull, the board, the pull twice.
select (select count(*) from {{ _items }} where PULL_ID = ? and STATE = 'active' and BOARD_ID = ?) as ITEMS,
    (select count(*) from {{ _subitems }} where PULL_ID = ?) as SUBITEMS,
    (
        select min(case when p.FILTERS is null and p.FINISHED_AT is not null then 0 else 1 end) {{ _not_earlier() }}
    ) as COUNTS

-- finish(): The pull counts from now on.
update {{ _pulls }} set FINISHED_AT = ?, ITEMS = ?, SUBITEMS = ?, API_CALLS = ?, COMPLEXITY_USED = ? where PULL_ID = ?

-- purge(): Retention: earlier pulls of which nothing is left, 90 days; those that never ended, at once. Parameters: 90
-- days ago, and the pull of the whole board that counts.
delete from {{ _pulls }}
where (FINISHED_AT is null or STARTED_AT < ?) and PULL_ID not in (select p.PULL_ID {{ _not_earlier() }})
    and not exists (select 1 from {{ _items }} as i where i.PULL_ID = {{ _pulls }}.PULL_ID)
