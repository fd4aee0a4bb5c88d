{#- Before anything is written: each of these stops the build with one sentence that says what to do. -#}

{#- Compiling and documenting check nothing, so they work without a database; `dbt retry` and whatever else runs models
    needs the file of the orders as well. -#}
{% macro check_inputs() -%}
    {%- if execute -%}{%- do attach_orders_source() -%}{%- endif -%}
    {%- if execute and flags.WHICH in ['build', 'run', 'test'] -%}
        {%- do check_variables() -%}
        {%- do check_orders() -%}
        {%- do check_column_types() -%}
        {%- do check_sizes_stay() -%}
        {%- do check_orders_scope() -%}
        {%- do check_sync_tables() -%}
    {%- endif -%}
{%- endmacro %}

{#- A mistyped name would leave the default in force without a word. -#}
{% macro check_variables() -%}
    {%- set received, scope, percent = var('received_from', none), var('orders_scope', none), var('max_removal_percent', none) -%}
    {%- set separator = var('item_name_separator', none) -%}
    {%- set day = modules.re.fullmatch('([1-9][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])', received | string) -%}
    {#- The 31st of a month of 30 days is the first of the next. -#}
    {%- set read = (modules.datetime.date(day[1] | int, day[2] | int, 1) + modules.datetime.timedelta(days=day[3] | int - 1))
        if day else none -%}
    {#- A boolean counts as a number in Jinja, and what is no number at all lies in no range. -#}
    {%- set rules = [
        ('received_from', received is none or day and read | string == received | string, 'a date such as "2025-01-31", or null'),
        ('orders_scope', scope is none or scope is string and scope | trim and scope | length <= 4000,
            'a SQL condition over the columns of ORDERS_UNIFIED, of at most 4000 characters in quotes, or null'),
        ('on_source_removal', var('on_source_removal', none) in ['ignore', 'archive'], 'ignore or archive'),
        ('max_removal_percent', percent is number and percent is not boolean and 0 <= percent <= 100,
            'a number from 0 to 100, without quotes'),
        ('on_board_deletion', var('on_board_deletion', none) in ['recreate', 'park'], 'recreate or park'),
        ('group_customer', var('group_customer', none) in ['source', 'canonical'], 'source or canonical'),
        ('item_name_separator', separator is string and separator | length <= 20 and separator.isprintable(),
            'a text in quotes, of at most 20 characters in one line'),
        ('reject_unknown_customers', var('reject_unknown_customers', none) is boolean, 'true or false, without quotes'),
    ] -%}
    {%- set names = rules | map(attribute=0) | list -%}
    {%- set problems = [] -%}
    {#- dbt_project.yml may put them under the name of the project, too; --vars may not. -#}
    {%- set project = adapter.config.vars.to_dict() -%}
    {%- set given = (project | list | reject('eq', project_name) | list) + (project.get(project_name, {}) | list)
        + (adapter.config.cli_vars | list) -%}
    {%- for name in given | unique(case_sensitive=true) if name not in names -%}
        {%- do problems.append("there is none of the name " ~ name ~ ", only " ~ names | join(', ')) -%}
    {%- endfor -%}
    {%- for name, is_fit, needed in rules if not is_fit -%}
        {%- set value = var(name, none) -%}
        {%- set shown = value | string | truncate(40, true) -%}
        {%- set shown = tojson(shown) if value is string else 'null' if value is none else shown -%}
        {%- do problems.append(name ~ " is " ~ shown ~ ", but must be " ~ needed) -%}
    {%- endfor -%}
    {%- if problems -%}
        {%- do exceptions.raise_compiler_error(
            "The variables of this build can't be used: " ~ problems | join('; ')
            ~ " (dbt_project.yml and --vars; the values are listed in docs/operations.md)."
        ) -%}
    {%- endif -%}
{%- endmacro %}

{% macro check_orders() -%}
    {%- set node = orders_source() -%}
    {%- set names = column_names(node) -%}
    {%- set where = "The table " ~ node.schema ~ '.' ~ node.identifier -%}
    {%- if not names -%}
        {%- do exceptions.raise_compiler_error(
            where ~ " doesn't exist in the database " ~ node.database
            ~ ": load the orders into it, or make sample orders with `python -m samples`."
        ) -%}
    {%- elif 'TOTAL QTY' not in names or 'UNIT OF MEASURE' not in names[:names.index('TOTAL QTY')] -%}
        {%- do exceptions.raise_compiler_error(
            where ~ " lacks the columns UNIT OF MEASURE and, behind it, TOTAL QTY, between which the sizes stand: load it"
            ~ " with all of its columns in their order."
        ) -%}
    {%- endif -%}
    {%- set missing = [] -%}
    {%- set sources = source_fields() | map(attribute='source') | list -%}
    {%- for source, key in zip(sources, folded_names(sources)) if key not in names -%}{%- do missing.append(source) -%}{%- endfor -%}
    {%- if missing -%}
        {%- do exceptions.raise_compiler_error(
            where ~ " lacks columns that the mapping reads (" ~ missing | join('; ')
            ~ "): add them, or change the mapping in models/monday/stg_mon_custmasterschedule.yml."
        ) -%}
    {%- endif -%}
{%- endmacro %}

{#- What may be read as it is meant is looked at, in one query: whole numbers of another type are sizes, and a column
    without any value says nothing, whatever its type. -#}
{% macro check_column_types() -%}
    {%- set node = orders_source() -%}
    {%- set readable = {
        'number': ['text', 'integer', 'number', 'none'], 'date': ['text', 'date', 'none'], 'key': ['text', 'none'],
        'total': ['text', 'integer', 'number', 'date', 'switch', 'none', 'other'], 'size': ['integer', 'none'],
        'text': ['text', 'integer', 'number', 'none'],
    } -%}
    {%- set expected = {
        'number': 'numbers or text', 'date': 'dates or text', 'key': 'text', 'text': 'text',
        'size': 'whole numbers, as a size between UNIT OF MEASURE and TOTAL QTY',
    } -%}
    {%- set columns = [dict(source_columns()['TOTAL QTY'], kind='total')] -%}
    {%- for column in order_columns() if column.is_size -%}{%- do columns.append(dict(column, kind='size')) -%}{%- endfor -%}
    {%- for field in source_fields() -%}
        {%- set kind = 'key' if field.name == 'AAG ORDER NUMBER' else {'numbers': 'number', 'date': 'date'}.get(field.type, 'text') -%}
        {%- do columns.append({'name': field.source, 'type': field.source_type, 'kind': kind}) -%}
    {%- endfor -%}
    {%- set unfit, doubtful, looks = [], [], [] -%}
    {%- for column in columns -%}
        {%- do column.update(family=type_family(column.type)) -%}
        {%- if column.family not in readable[column.kind] -%}
            {%- do (unfit if column.family == 'other' else doubtful).append(column) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for column in doubtful -%}
        {%- set lost = unfit_cell(quoted_name(column.name), column.family, column.kind) -%}
        {%- do looks.append("max(case when " ~ lost ~ " then 1 else 0 end) as C" ~ loop.index) -%}
    {%- endfor -%}
    {%- if doubtful -%}
        {%- set found = run_query("select " ~ looks | join(', ') ~ " from " ~ relation_of(node)).rows[0].values() -%}
        {%- for column, is_unfit in zip(doubtful, found) if is_unfit -%}{%- do unfit.append(column) -%}{%- endfor -%}
    {%- endif -%}
    {%- set problems = [] -%}
    {%- for column in unfit -%}
        {%- set fractions = ' with fractions' if column.kind == 'size' and column.family == 'number' else '' -%}
        {%- do problems.append(
            column.name ~ " is " ~ column.type | upper ~ fractions ~ ", but must be " ~ expected[column.kind]
        ) -%}
    {%- endfor -%}
    {%- if problems -%}
        {%- do exceptions.raise_compiler_error(
            "The types of columns of " ~ node.schema ~ "." ~ node.identifier ~ " can't be read: " ~ problems | join('; ')
            ~ "; load the orders with these types."
        ) -%}
    {%- endif -%}
{%- endmacro %}

{#- Figures in a text among the sizes, fractions in a size, and in any other column whatever it holds. What is no number
    counts as blank. -#}
{% macro unfit_cell(column, family, kind) -%}
    {%- set figure = "cast(" ~ column ~ " as double precision)" -%}
    {%- if kind == 'size' and family == 'text' -%}
        translate(cast({{ column }} as nvarchar(4000)), '123456789', '000000000') like '%0%'
    {%- elif kind == 'size' and family == 'number' -%}
        lower(cast({{ column }} as varchar(50))) <> 'nan'
        and ({{ figure }} <> floor({{ figure }}) or abs({{ figure }}) > 9000000000000000)
    {%- else -%}
        {{ column }} is not null and lower(cast({{ column }} as varchar(50))) <> 'nan'
    {%- endif -%}
{%- endmacro %}

{#- All quantities of a size whose column is gone would fall to 0 on the board. What the last build found stands in its own
    tables, which the build hasn't touched yet. -#}
{% macro check_sizes_stay() -%}
    {%- set found = folded_names(order_sync.size_columns()) -%}
    {%- set source = orders_source() -%}
    {%- set where = "The table " ~ source.schema ~ "." ~ source.identifier ~ " has no column of whole numbers " -%}
    {%- if not found -%}
        {%- do exceptions.raise_compiler_error(
            where ~ "between UNIT OF MEASURE and TOTAL QTY, where the sizes stand: load it with all of its columns."
        ) -%}
    {%- endif -%}
    {%- set node = graph.nodes['model.order_sync.int_order_sizes'] -%}
    {%- set last = adapter.get_relation(database=node.database, schema=node.schema, identifier=node.alias) -%}
    {%- if last -%}
        {%- set known = [] -%}
        {%- for size in found -%}{%- do known.append(text_literal(size)) -%}{%- endfor -%}
        {%- set gone = run_query(
            "select distinct SIZE_COLUMN from " ~ last ~ " where ORDER_QTY > 0 and "
            ~ match_text('SIZE_COLUMN') ~ " not in (" ~ known | join(', ') ~ ") and "
            ~ upper_text('SIZE_LABEL') ~ " not in (" ~ known | join(', ') ~ ")"
        ).columns[0].values() -%}
        {%- if gone -%}
            {%- do exceptions.raise_compiler_error(
                where ~ "any more for sizes that orders had at the last build (" ~ gone | sort | join('; ')
                ~ "): load it with these columns, left blank and built once where the sizes are to go."
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- What a case, an invisible character or a kind of blank tells apart is one size only where the seed says so. -#}
{% macro check_size_labels(seed) -%}
    {%- set names = folded_names(order_sync.size_columns()) -%}
    {%- set doubles = [] -%}
    {%- for name in names | unique if names.count(name) > 1 -%}{%- do doubles.append(name) -%}{%- endfor -%}
    {%- if doubles and execute -%}
        {%- set query = run_query("select " ~ match_text('SIZE_COLUMN') ~ " as NAME from " ~ seed) -%}
        {%- for name in doubles if name not in query.columns[0].values() -%}
            {%- do exceptions.raise_compiler_error(
                "Several size columns of ORDERS_UNIFIED read " ~ name ~ ", but for their case, invisible characters or blanks: "
                ~ "rename or drop all but one, or add " ~ name ~ " to the seed size_labels, so that their quantities add up."
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{% macro check_orders_scope() -%}
    {%- set scope, node = var('orders_scope'), orders_source() -%}
    {%- if scope -%}
        {%- set query = 'select count(*) as ROWS_CHOSEN from ' ~ relation_of(node) ~ ' where (' ~ scope ~ '\n)' -%}
        {%- set problem = problem_of_query(query) -%}
        {%- if problem -%}
            {%- do exceptions.raise_compiler_error(
                "The variables of this build can't be used: orders_scope is no condition over " ~ node.schema ~ "."
                ~ node.identifier ~ " (" ~ problem | replace('\n', ' ') | trim | trim('.')
                ~ "); correct it in dbt_project.yml or --vars, names with blanks in double quotes."
            ) -%}
        {%- endif -%}
        {#- What shows only with the rows, such as a text that is no number, ends the build here, in the database's words. -#}
        {%- do log('orders_scope: ' ~ scope, info=true) -%}
        {%- do run_query(query) -%}
    {%- endif -%}
{%- endmacro %}

{#- Without carrying it out; nothing where the database would take it. -#}
{% macro problem_of_query(query) %}{{ return(adapter.dispatch('problem_of_query', 'order_sync')(query)) }}{% endmacro %}

{#- DuckDB tells what it can't parse; names of columns are looked for in what it parsed, and functions among those it has.
    What a subquery reads isn't looked at. -#}
{% macro default__problem_of_query(query) -%}
    {%- set text = run_query('select json_serialize_sql(' ~ text_literal(query) ~ ')').rows[0][0] -%}
    {%- set parsed = fromjson(text) -%}
    {%- if parsed.error -%}{{ return(parsed.error_message) }}{%- endif -%}
    {%- if parsed.statements | length != 1 -%}{{ return('it is more than one statement') }}{%- endif -%}
    {%- if '"SUBQUERY"' not in text -%}
        {%- set known = order_columns() | map(attribute='name') | map('upper') | list -%}
        {%- for written in modules.re.findall('"column_names":\\["((?:[^"\\\\]|\\\\.)*)"\\]', text) -%}
            {%- set name = fromjson('"' ~ written ~ '"') -%}
            {%- if name | upper not in known -%}{{ return('there is no column ' ~ name) }}{%- endif -%}
        {%- endfor -%}
        {%- for name in modules.re.findall('"function_name":"(\\w+)"', text) -%}
            {%- set found = run_query("select 1 from duckdb_functions() where lower(function_name) = lower('" ~ name ~ "')") -%}
            {%- if not found.rows -%}{{ return('there is no function ' ~ name) }}{%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{% macro sqlserver__problem_of_query(query) -%}
    {%- set found = run_query(
        'select error_message from sys.dm_exec_describe_first_result_set(' ~ text_literal(query)
        ~ ', null, 0) where error_number is not null'
    ).rows -%}
    {%- if found -%}{{ return(found[0][0]) }}{%- endif -%}
{%- endmacro %}

{% macro check_sync_tables() -%}
    {%- for node in graph.sources.values() if node.source_name == 'monday' -%}
        {%- set names = column_names(node) -%}
        {%- set where = "The table " ~ node.schema ~ "." ~ node.identifier -%}
        {%- if not names -%}
            {%- do exceptions.raise_compiler_error(
                where ~ " doesn't exist in the database " ~ node.database ~ ": run `python -m sync migrate` first."
            ) -%}
        {%- endif -%}
        {%- set columns = node.columns.values() | list -%}
        {%- if node.identifier in ['MON_CustMasterSchedule', 'MON_BoardItems'] -%}
            {%- set columns = columns + order_sync.mapped_columns() | selectattr('type', 'ne', 'group') | list -%}
        {%- endif -%}
        {%- set missing = [] -%}
        {%- for name in columns | map(attribute='name') | unique if name | upper not in names -%}
            {%- do missing.append(name) -%}
        {%- endfor -%}
        {%- if missing -%}
            {%- do exceptions.raise_compiler_error(
                where ~ " lacks columns (" ~ missing | join('; ') ~ "): run `python -m sync migrate` to bring it up to date."
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
