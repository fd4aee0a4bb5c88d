
{% macro add_column(column, key, target, type) %}{# A column that an older table lacks; its rows have nothing in it. #}
alter table {{ target }} add {{ "column " if duckdb }}{{ column }} {{ type }}{% if not duckdb %}{{ " collate Latin1_General_100_BIN2" if key }} null{% endif %}
{% endmacro %}

{# A field that has another name keeps the values that are confirmed under its old one. #}
{% macro carry_over(before, column, target) %}
update {{ target }}
set {{ column }} = {{ before }}
where {{ before }} is not null
{% endmacro %}

{% macro columns() %}{# The columns of a table as they are now, in their order. #}
{% if duckdb %}
select
    COLUMN_NAME, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE, DATETIME_PRECISION, IS_NULLABLE,
    COLUMN_DEFAULT, 0 as FILLS_ITSELF
from INFORMATION_SCHEMA.COLUMNS
where TABLE_CATALOG = current_database() and lower(TABLE_SCHEMA) = lower(?) and lower(TABLE_NAME) = lower(?)
order by ORDINAL_POSITION
{% else %}
select
    c.COLUMN_NAME, c.DATA_TYPE, c.CHARACTER_MAXIMUM_LENGTH, c.NUMERIC_PRECISION, c.NUMERIC_SCALE, c.DATETIME_PRECISION,
    c.IS_NULLABLE, c.COLUMN_DEFAULT,
    case when s.is_identity = 1 or s.is_computed = 1 or s.system_type_id = 189 then 1 else 0 end as FILLS_ITSELF
from INFORMATION_SCHEMA.COLUMNS as c
left join sys.columns as s
    on s.object_id = object_id(concat(quotename(c.TABLE_SCHEMA), '.', quotename(c.TABLE_NAME))) and s.name = c.COLUMN_NAME
where lower(c.TABLE_SCHEMA) = lower(?) and lower(c.TABLE_NAME) = lower(?)
order by c.ORDINAL_POSITION
{% endif %}
{% endmacro %}

{# An index beside the primary key. DuckDB's unique indexes admit any number of nulls; SQL Server's need a filter for it. #}
{% macro create_index(columns, name, target, unique) %}
create {{ "unique " if unique }}index {{ name }} on {{ target }} ({{ columns | join(", ") }})
{% if unique and not duckdb %}
where {% for column in columns %}{{ column }} is not null{{ " and " if not loop.last }}{% endfor %}

{% endif %}
{% endmacro %}

{% macro drop_index(name) %}{# DuckDB alters no column of a table that has an index; it is made again afterwards. #}
drop index {{ name }}
{% endmacro %}

{% macro drop_view(target) %}{# Makes room for a view of ours that is made anew. #}
drop view if exists {{ target }}
{% endmacro %}

{# Two texts are equal to the byte. Lengths: SQL Server pads with blanks. #}
{% macro _is(column, text) -%}
{{ column }}{% if not duckdb %} collate Latin1_General_100_BIN2{% endif %} = {{ text }}
    and {{ "octet_length(encode(" ~ column ~ "))" if duckdb else "datalength(" ~ column ~ ")" }} = {{ "octet_length(encode(" ~ text ~ "))" if duckdb else "datalength(" ~ text ~ ")" }}
{%- endmacro %}

{# Gives a size the label that the models give it now; an order that has both keeps both. Lengths: SQL Server pads with blanks. #}
{% macro fold_size(count, new, old, once, target) %}
{% set rows %}
where {{ _is("sizes.SIZE_LABEL", old) }}
{% if once %}
    and not exists (
        select 1
        from {{ target }} as other
        where other.ORDER_KEY = sizes.ORDER_KEY and {{ _is("other.SIZE_LABEL", new) }}
    )
{% endif %}
{% endset %}
{% if count %}
select count(*) as UNFOLDED
from {{ target }} as sizes
{{ rows }}
{% elif duckdb %}
update {{ target }} as sizes
set SIZE_LABEL = {{ new }}
{{ rows }}
{% else %}
update sizes
set SIZE_LABEL = {{ new }}
from {{ target }} as sizes
{{ rows }}
{% endif %}
{% endmacro %}

{% macro index() %}{# How often a table has an index of this name: 0 or 1. #}
{% if duckdb %}
select count(*) as FOUND
from duckdb_indexes()
where database_name = current_database() and lower(schema_name) = lower(?) and lower(table_name) = lower(?)
    and lower(index_name) = lower(?)
{% else %}
select count(*) as FOUND
from sys.indexes as i
inner join sys.objects as o on o.object_id = i.object_id
where lower(schema_name(o.schema_id)) = lower(?) and lower(o.name) = lower(?) and lower(i.name) = lower(?)
{% endif %}
{% endmacro %}

{% macro log() %}{# Notes what was changed. #}
insert into {{ table("MON_Migrations") }} (APPLIED_AT, VERSION, CHANGES) values (?, ?, ?)
{% endmacro %}

{% macro make_number(column, target) %}{# A column whose texts are numbers becomes a column of numbers. #}
alter table {{ target }} alter column {{ column }} {{ "set data type decimal(18, 4)" if duckdb else "decimal(18, 4) null" }}
{% endmacro %}

{# What stands under a name already: BASE TABLE, VIEW, or on SQL Server whatever else shares the names of tables. #}
{% macro object() %}
{% if duckdb %}
select TABLE_TYPE as KIND
from INFORMATION_SCHEMA.TABLES
where TABLE_CATALOG = current_database() and lower(TABLE_SCHEMA) = lower(?) and lower(TABLE_NAME) = lower(?)
{% else %}
select case type when 'U' then 'BASE TABLE' when 'V' then 'VIEW' else type_desc end as KIND
from sys.objects
where lower(schema_name(schema_id)) = lower(?) and lower(name) = lower(?)
{% endif %}
{% endmacro %}

{% macro primary_key() %}{# The columns of a table's primary key; none where it has no such key. #}
select k.COLUMN_NAME
from INFORMATION_SCHEMA.TABLE_CONSTRAINTS as c
inner join INFORMATION_SCHEMA.KEY_COLUMN_USAGE as k
    on k.CONSTRAINT_NAME = c.CONSTRAINT_NAME and k.TABLE_SCHEMA = c.TABLE_SCHEMA and k.TABLE_NAME = c.TABLE_NAME
where c.CONSTRAINT_TYPE = 'PRIMARY KEY' and lower(c.TABLE_SCHEMA) = lower(?) and lower(c.TABLE_NAME) = lower(?)
{% if duckdb %}
    and c.TABLE_CATALOG = current_database() and k.TABLE_CATALOG = current_database()
{% endif %}
order by k.ORDINAL_POSITION
{% endmacro %}

{# Texts as numbers, as the version before read them when it sent them: commas and symbols anywhere. So the table goes on to say what the board shows. What is no number becomes 0, not null: the board shows something, which the next build changes. #}
{% macro read_numbers(column, target) %}
update {{ target }}
set {{ column }} = coalesce(try_cast(replace(replace(replace(replace(replace(replace(
        {{ column }}, '$', ''), ',', ''), '%', ''), ' ', ''), ')', ''), '(', '-') as decimal(18, 4)), 0)
where {{ column }} is not null
{% endmacro %}

{% macro renamed() %}{# The names under which a column of the board was staged, the latest first. #}
select STAGED_COLUMN as NAME
from {{ table("MON_BoardColumns") }}
where COLUMN_ID = ?
order by SEEN_AT desc, STAGED_COLUMN
{% endmacro %}

{# How many values of these columns stand in several rows; rows in which one of them is null don't count. #}
{% macro repeated(columns, target) %}
select count(*) as REPEATED
from (
    select {{ columns | join(", ") }}
    from {{ target }}
    where {% for column in columns %}{{ column }} is not null{{ " and " if not loop.last }}{% endfor %}

    group by {{ columns | join(", ") }}
    having count(*) > 1
) as doubles
{% endmacro %}

{% macro size_labels(target) %}{# The labels of sizes in a table, blanks at their ends told apart. #}
select distinct SIZE_LABEL as LABEL, {{ "octet_length(encode(SIZE_LABEL))" if duckdb else "datalength(SIZE_LABEL)" }} as SPACE
from {{ target }}
where SIZE_LABEL is not null
order by 1, 2
{% endmacro %}

{# How many rows have an id from Monday, but not the whole key that says whose it is (no columns: none has one). #}
{% macro without_key(columns, id, target) %}
select count(*) as WITHOUT_KEY
from {{ target }}
where {{ id }} is not null
{% if columns %}
    and ({% for column in columns %}{{ column }} is null{{ " or " if not loop.last }}{% endfor %})
{% endif %}
{% endmacro %}
