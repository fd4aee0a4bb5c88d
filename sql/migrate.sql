-- add_column(column, key, target, type): A column that an older table lacks; its rows have nothing in it.
alter table {{ target }}
add {{ "column" if duckdb }} {{ column }} {{ q.bin(type) if key else type }} {{ "null" if not duckdb }}

-- carry_over(before, column, target, type): A field that has another name keeps the values of its old one.
update {{ target }} set {{ column }} = try_cast(cast({{ before }} as {{ text }}) as {{ type }})

-- columns(): The columns that tables should have, read from empty twins whose names end in __WANTED, beside those that
-- they have: WANTED is null where a column isn't ours, PRESENT where it is missing; PROBLEM says why it can't stay as
-- it is.
{% set whole = "('TINYINT', 'SMALLINT', 'INT', 'INTEGER', 'BIGINT', 'HUGEINT')" %}
with keys as (
    select k.TABLE_SCHEMA, k.TABLE_NAME, k.COLUMN_NAME, k.ORDINAL_POSITION
    from INFORMATION_SCHEMA.TABLE_CONSTRAINTS as c
    inner join INFORMATION_SCHEMA.KEY_COLUMN_USAGE as k
        on k.CONSTRAINT_NAME = c.CONSTRAINT_NAME and k.TABLE_SCHEMA = c.TABLE_SCHEMA and k.TABLE_NAME = c.TABLE_NAME
    where c.CONSTRAINT_TYPE = 'PRIMARY KEY' {{ q.here("c") }} {{ q.here("k") }}
),
described as (
    select replace(lower(c.TABLE_NAME), '__wanted', '') as TABLE_NAME,
        case when lower(c.TABLE_NAME) = replace(lower(c.TABLE_NAME), '__wanted', '') then 0 else 1 end as IS_WANTED,
        c.COLUMN_NAME, c.ORDINAL_POSITION as PLACE, k.ORDINAL_POSITION as KEY_PLACE,
{% if duckdb %}
        regexp_replace(upper(c.DATA_TYPE), '\(.*', '') as KIND, replace(upper(c.DATA_TYPE), ',', ', ') as DECLARED,
        0 as FILLS_ITSELF,
{% else %}
        upper(replace(c.DATA_TYPE, 'numeric', 'decimal')) as KIND,
        concat(upper(replace(c.DATA_TYPE, 'numeric', 'decimal')), case
            when c.CHARACTER_MAXIMUM_LENGTH = -1 then '(MAX)'
            when c.DATA_TYPE like '%char' then concat('(', c.CHARACTER_MAXIMUM_LENGTH, ')')
            when c.DATA_TYPE in ('decimal', 'numeric') then concat('(', c.NUMERIC_PRECISION, ', ', c.NUMERIC_SCALE, ')')
            when c.DATA_TYPE = 'datetime2' then concat('(', c.DATETIME_PRECISION, ')')
        end) as DECLARED,
        case when s.is_identity = 1 or s.is_computed = 1 or s.system_type_id = 189 then 1 else 0 end as FILLS_ITSELF,
{% endif %}
        coalesce(nullif(c.CHARACTER_MAXIMUM_LENGTH, -1), 2147483647) as ROOM, c.NUMERIC_PRECISION as DIGITS,
        c.NUMERIC_SCALE as DECIMALS, coalesce(c.DATETIME_PRECISION, 6) as SECONDS,
        case when c.IS_NULLABLE = 'NO' and c.COLUMN_DEFAULT is null then 1 else 0 end as IS_REQUIRED
    from INFORMATION_SCHEMA.COLUMNS as c
    left join keys as k
        on k.TABLE_SCHEMA = c.TABLE_SCHEMA and k.TABLE_NAME = c.TABLE_NAME and k.COLUMN_NAME = c.COLUMN_NAME
{% if not duckdb %}
    left join sys.columns as s
        on s.object_id = object_id(concat(quotename(c.TABLE_SCHEMA), '.', quotename(c.TABLE_NAME)))
        and s.name = c.COLUMN_NAME
{% endif %}
    where lower(c.TABLE_SCHEMA) = lower(?) {{ q.here("c") }}
)

select coalesce(w.TABLE_NAME, p.TABLE_NAME) as TABLE_NAME, coalesce(w.COLUMN_NAME, p.COLUMN_NAME) as COLUMN_NAME,
    w.DECLARED as WANTED, p.DECLARED as PRESENT, w.KEY_PLACE, p.KEY_PLACE as PRESENT_KEY_PLACE,
    case
        when w.COLUMN_NAME is null and p.IS_REQUIRED = 1 and p.FILLS_ITSELF = 0
            then 'is not ours, NOT NULL and without a default, so no row could be added.'
        when w.COLUMN_NAME is null or p.COLUMN_NAME is null then null
        when p.FILLS_ITSELF = 1 then 'is filled by the database itself, and we have to write it.'
        when w.KIND in {{ whole }} and (p.KIND not in {{ whole }} or p.DIGITS < w.DIGITS)
            or w.KIND not in {{ whole }} and p.KIND <> w.KIND
            or w.KIND = 'DECIMAL' and (p.DECIMALS < w.DECIMALS or p.DIGITS - p.DECIMALS < w.DIGITS - w.DECIMALS)
            or p.ROOM < w.ROOM or p.SECONDS < w.SECONDS
            then concat('is ', p.DECLARED, ' and can''t hold ', w.DECLARED, '.')
        when p.IS_REQUIRED = 1 and w.IS_REQUIRED = 0 then 'is NOT NULL, and we have to leave it empty at times.'
    end as PROBLEM
from (select * from described where IS_WANTED = 1) as w
full join (
    select * from described where IS_WANTED = 0 and TABLE_NAME in (select TABLE_NAME from described where IS_WANTED = 1)
) as p on p.TABLE_NAME = w.TABLE_NAME and lower(p.COLUMN_NAME) = lower(w.COLUMN_NAME)
order by 1, case when w.PLACE is null then 1 else 0 end, coalesce(w.PLACE, p.PLACE)

-- create_index(columns, name, target, unique): An index beside the primary key. DuckDB's unique indexes admit any
-- number of nulls; SQL Server's need a filter for it.
create {{ "unique " if unique }}index {{ name }} on {{ target }} ({{ columns | join(", ") }})
{{ "where " ~ columns | join(" is not null and ") ~ " is not null" if unique and not duckdb }}

-- drop(kind, target): Makes room for a view or an index of ours that is made anew.
drop {{ kind }} if exists {{ target }}

-- _literal(text): A text as SQL has it.
{{ "N" if not duckdb }}'{{ text | replace("'", "''") }}'

-- fold_size(new, old, once, target): Gives a size the label that the models give it now; an order that has both keeps
-- both. SQL Server pads with blanks before it compares, so a bar ends each text.
{% set label = q.bin("concat(SIZE_LABEL, '|')") %}
update {{ target }} set SIZE_LABEL = {{ _literal(new) }} where {{ label }} = {{ _literal(old ~ "|") }}
{% if once %}
    and ORDER_KEY not in (
        select ORDER_KEY from {{ target }} where ORDER_KEY is not null and {{ label }} = {{ _literal(new ~ "|") }}
    )
{% endif %}

-- indexes(): Every index of the schema: its table and its name.
{% if duckdb %}
select lower(table_name) as TABLE_NAME, lower(index_name) as INDEX_NAME from duckdb_indexes()
where database_name = current_database() and lower(schema_name) = lower(?)
{% else %}
select lower(o.name) as TABLE_NAME, lower(i.name) as INDEX_NAME
from sys.indexes as i
inner join sys.objects as o on o.object_id = i.object_id
where lower(schema_name(o.schema_id)) = lower(?) and i.name is not null
{% endif %}

-- log(): Notes what was changed.
insert into {{ table("MON_Migrations") }} (APPLIED_AT, VERSION, CHANGES) values (?, ?, ?)

-- make_number(column, target): A column whose texts are numbers becomes a column of numbers.
alter table {{ target }}
alter column {{ column }} {{ "set data type decimal(18, 4)" if duckdb else "decimal(18, 4) null" }}

-- objects(): What has a name in the schema: BASE TABLE, VIEW, or what else SQL Server gives one.
{% if duckdb %}
select lower(t.TABLE_NAME) as NAME, t.TABLE_TYPE as KIND from INFORMATION_SCHEMA.TABLES as t
where lower(t.TABLE_SCHEMA) = lower(?) {{ q.here("t") }}
{% else %}
select lower(name) as NAME, case type when 'U' then 'BASE TABLE' when 'V' then 'VIEW' else type_desc end as KIND
from sys.objects where lower(schema_name(schema_id)) = lower(?)
{% endif %}

-- read_numbers(column, target): Texts as numbers, as the version before read them when it sent them: commas and symbols
-- anywhere. So the table goes on to say what the board shows. What is no number becomes 0, not null: the board shows
-- something, which the next build changes.
update {{ target }} set {{ column }} = coalesce(try_cast(replace(replace(replace(replace(replace(replace(
    {{ column }}, '$', ''), ',', ''), '%', ''), ' ', ''), ')', ''), '(', '-') as decimal(18, 4)), 0)
where {{ column }} is not null

-- forget_name(id, name): Makes room for the note that a column of the board has this name again.
delete from {{ table("MON_BoardColumns") }}
where STAGED_COLUMN = {{ _literal(name) }} and COLUMN_ID = {{ _literal(id) }}

-- note_name(former, id, name): The column of the board has this name now: later than the former one, whatever the
-- clocks say.
insert into {{ table("MON_BoardColumns") }} (BOARD_ID, STAGED_COLUMN, COLUMN_ID, COLUMN_TYPE, COLUMN_TITLE, SEEN_AT)
select f.BOARD_ID, {{ _literal(name) }}, f.COLUMN_ID, f.COLUMN_TYPE, f.COLUMN_TITLE,
    {{ "f.SEEN_AT + interval 1 second" if duckdb else "dateadd(second, 1, f.SEEN_AT)" }}
from {{ table("MON_BoardColumns") }} as f
where f.STAGED_COLUMN = {{ _literal(former) }} and f.COLUMN_ID = {{ _literal(id) }}
    and not exists (
        select 1 from {{ table("MON_BoardColumns") }} as b
        where b.BOARD_ID = f.BOARD_ID and b.STAGED_COLUMN = {{ _literal(name) }}
    )

-- renamed(): The names under which the columns of the board were staged, the latest first.
select COLUMN_ID, STAGED_COLUMN as NAME from {{ table("MON_BoardColumns") }} order by SEEN_AT desc, STAGED_COLUMN

-- repeated(columns, target): How many values of these columns stand in several rows, where none of them is null.
select count(*) as REPEATED
from (
    select {{ columns | join(", ") }} from {{ target }} where {{ columns | join(" is not null and ") }} is not null
    group by {{ columns | join(", ") }} having count(*) > 1
) as doubles

-- size_labels(target): The labels of sizes in a table, blanks at their ends told apart.
select distinct SIZE_LABEL as LABEL, {{ q.bin("concat(SIZE_LABEL, '|')") }} as BARRED from {{ target }}
where SIZE_LABEL is not null
order by 1, 2

-- without_key(columns, id, target): Rows with an id from Monday, but without the whole key (no columns: none has one).
select count(*) as WITHOUT_KEY from {{ target }}
where {{ id }} is not null {{ "and (" ~ columns | join(" is null or ") ~ " is null)" if columns }}
