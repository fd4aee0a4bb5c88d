{#- ORDERS_UNIFIED: its columns as the database has them, and what a cell of a type says. -#}

{#- Here rather than in profiles.yml, so that a wrong path ends in one sentence; SQL Server has DB_ORDERS_SOURCE_SCHEMA. -#}
{% macro attach_orders_source(orders, table) -%}
    {%- set path = by_engine(env_var('ORDERS_SOURCE', ''), '') -%}
    {%- if '"' in orders.schema -%}
        {{ return("DB_ORDERS_SOURCE_SCHEMA names " ~ orders.schema ~ ", whose double quote can't be read: name a schema without one.") }}
    {%- elif path and not run_query('select 1 from glob(' ~ text_literal(path) ~ ')').rows -%}
        {{ return("ORDERS_SOURCE names " ~ path ~ ", where no file is: set it to the DuckDB file that holds ORDERS_UNIFIED.") }}
    {%- elif path -%}
        {%- do run_query('attach if not exists ' ~ text_literal(path) ~ ' as orders_source (read_only)') -%}
    {%- endif -%}
{%- endmacro %}

{#- From the graph, not from source(), because a unit test puts its own rows in place of the latter. -#}
{% macro orders_source() -%}
    {{ return(graph.sources.values() | selectattr('source_name', 'eq', 'erp') | first if execute and graph.sources is defined else none) }}
{%- endmacro %}

{#- As the database has them, in order; none where the table isn't there. Not through dbt's list of relations: that was read
    before a file of orders was attached. -#}
{% macro columns_of(node) -%}
    {%- set relation = api.Relation.create(database=node.database, schema=node.schema, identifier=node.identifier) -%}
    {{ return(adapter.get_columns_in_relation(relation)) }}
{%- endmacro %}

{#- As the database has them now, in order; where no database may be asked (compiling offline), or the table isn't there
    yet, as the source's YAML declares them. A column may be a size where it stands between the two markers, unless the
    YAML declares it as something else (INFOR COLOUR CODE is none, whatever a load makes of its figures). -#}
{% macro order_columns() -%}
    {%- set node = orders_source() -%}
    {%- set columns, declared, families, others = [], [], {}, [] -%}
    {%- for column in (node.columns.values() if node else []) -%}
        {%- do declared.append({'name': column.name, 'type': column.data_type | lower}) -%}
    {%- endfor -%}
    {%- for column in (columns_of(node) if node and (flags.INTROSPECT is not defined or flags.INTROSPECT) else []) -%}
        {%- do columns.append({'name': column.name, 'type': column.dtype | lower}) -%}
    {%- endfor -%}
    {%- set columns = columns or declared -%}
    {%- for type in (declared + columns) | map(attribute='type') | unique -%}
        {%- do families.update({type: type_family(type)}) -%}
    {%- endfor -%}
    {%- for column in declared if families[column.type] != 'integer' -%}{%- do others.append(column.name) -%}{%- endfor -%}
    {%- set keys, others = folded_names(columns | map(attribute='name')), folded_names(others) -%}
    {%- set markers = (keys + ['UNIT OF MEASURE']).index('UNIT OF MEASURE'), (keys + ['TOTAL QTY']).index('TOTAL QTY') -%}
    {%- for column, key in zip(columns, keys) -%}
        {%- set is_size = markers[0] < loop.index0 < markers[1] and key not in others -%}
        {%- do column.update(key=key, family=families[column.type], is_size=is_size) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}

{#- Of two columns with one key, the one that is spelt so. -#}
{% macro source_columns() -%}
    {%- set found = {} -%}
    {%- for column in order_columns() if column.key not in found or column.name | upper == column.key -%}
        {%- do found.update({column.key: column}) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- A size column added to the table is found at the next build. The checks see to it that a column of another type of
    numbers holds whole ones alone, and that no quantities stand in a column that is taken for none. -#}
{% macro size_columns() -%}
    {{ return(order_columns() | selectattr('is_size') | selectattr('family', 'in', ['integer', 'number', 'none'])
        | map(attribute='name') | list) }}
{%- endmacro %}

{#- The size or scale of a type doesn't count. "NULL" is what a data frame leaves of a column without any value. -#}
{% macro type_family(type) -%}
    {%- set families = {
        'text': ['varchar', 'nvarchar', 'char', 'nchar', 'bpchar', 'text', 'ntext', 'string', 'sysname', 'enum'],
        'integer': ['tinyint', 'smallint', 'int', 'integer', 'bigint', 'utinyint', 'usmallint', 'uinteger'],
        'number': ['float', 'real', 'double', 'decimal', 'numeric', 'money', 'smallmoney', 'hugeint', 'uhugeint', 'ubigint', 'bignum'],
        'date': ['date', 'datetime', 'datetime2', 'smalldatetime', 'datetimeoffset', 'timestamp', 'timestamp_s',
            'timestamp_ms', 'timestamp_ns', 'timestamp with time zone'],
        'switch': ['boolean', 'bit'],
        'none': ['"null"'],
    } -%}
    {%- set base = type.split('(')[0] | trim | lower -%}
    {%- for family, types in families.items() if base in types and not type.endswith(']') -%}
        {{ return(family) }}
    {%- endfor -%}
    {{ return('other') }}
{%- endmacro %}

{#- A number loses the zeros at its end: a load makes 4755 of a column with blanks 4755.0. A moment with a time zone is kept
    without its zone, so the zone of the session must not say which day it is. SQL Server's older types of date and time follow
    the language of the login without a style. -#}
{% macro cell_text(column, type) -%}
    {%- if type and type_family(type) == 'number' -%}
        coalesce({{ number_to_text('try_cast(' ~ column ~ ' as decimal(38, 6))') }}, cast({{ column }} as nvarchar(40)))
    {%- else -%}
        {{ by_engine('cast(' ~ column ~ (" at time zone 'UTC'" if type == 'timestamp with time zone' else '') ~ ' as varchar)',
            column if type and 'char' in type else 'convert(nvarchar(40), ' ~ column ~ ', 121)' if type in ['datetime', 'smalldatetime']
            else 'cast(' ~ column ~ ' as nvarchar(max))') }}
    {%- endif -%}
{%- endmacro %}

{#- Without an order DuckDB numbers rows as it reads them, and sorts nothing. -#}
{% macro row_numbers() %}row_number() over ({{ by_engine('', 'order by (select null)') }}){% endmacro %}
