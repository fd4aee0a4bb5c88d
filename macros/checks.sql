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

{#- The folded names of a table's columns; stops the build where it isn't there, or lacks one of these. -#}
{% macro checked_columns(node, wanted, make, mend) -%}
    {%- set names = folded_names(columns_of(node) | map(attribute='name')) -%}
    {%- set where = "The table " ~ node.schema ~ '.' ~ node.identifier -%}
    {%- if not names -%}
        {%- do exceptions.raise_compiler_error(where ~ " doesn't exist in the database " ~ node.database ~ ": " ~ make ~ ".") -%}
    {%- endif -%}
    {%- set missing = [] -%}
    {%- for name, key in zip(wanted, folded_names(wanted)) if key not in names -%}{%- do missing.append(name) -%}{%- endfor -%}
    {%- if missing -%}
        {%- do exceptions.raise_compiler_error(where ~ " lacks columns " ~ mend | replace('…', missing | join('; ')) ~ ".") -%}
    {%- endif -%}
    {{ return(names) }}
{%- endmacro %}

{% macro check_orders() -%}
    {%- set node = orders_source() -%}
    {%- set names = checked_columns(
        node, source_fields() | map(attribute='source') | list,
        "load the orders into it, or make sample orders with `python -m samples`",
        "that the mapping reads (…): add them, or change the mapping in models/monday/stg_mon_custmasterschedule.yml"
    ) -%}
    {%- if 'TOTAL QTY' not in names or 'UNIT OF MEASURE' not in names[:names.index('TOTAL QTY')] -%}
        {%- do exceptions.raise_compiler_error(
            "The table " ~ node.schema ~ '.' ~ node.identifier ~ " lacks the columns UNIT OF MEASURE and, behind it, TOTAL QTY, "
            ~ "between which the sizes stand: load it with all of its columns in their order."
        ) -%}
    {%- endif -%}
{%- endmacro %}

{#- What may be read as it is meant is looked at, in one query: whole numbers of another type are sizes, and a column
    without any value says nothing, whatever its type. What no text can be made of is never read. -#}
{% macro check_column_types() -%}
    {%- set node = orders_source() -%}
    {%- set kinds = {
        'text': (['text', 'integer', 'number'], 'text'), 'key': (['text'], 'text'),
        'numbers': (['text', 'integer', 'number'], 'numbers or text'), 'date': (['text', 'date'], 'dates or text'),
        'size': (['integer'], 'whole numbers, as a size between UNIT OF MEASURE and TOTAL QTY'),
    } -%}
    {%- set columns = [] -%}
    {%- for size in order_columns() if size.is_size -%}{%- do columns.append((size.name, size.type, 'size')) -%}{%- endfor -%}
    {%- for field in source_fields() -%}
        {%- set kind = field.type if field.type in kinds else 'text' -%}
        {%- do columns.append((field.source, field.source_type, 'key' if field.name == 'AAG ORDER NUMBER' else kind)) -%}
    {%- endfor -%}
    {%- set doubtful, looks, problems = [], [], [] -%}
    {%- for name, type, kind in columns -%}
        {%- set family = type_family(type) -%}
        {%- if family != 'none' and family not in kinds[kind][0] -%}
            {%- do doubtful.append((name, type, kind, family)) -%}
            {%- set lost = '1 = 1' if family == 'other' else unfit_cell(quoted_name(name), family, kind) -%}
            {%- do looks.append("max(case when " ~ lost ~ " then 1 else 0 end) as C" ~ doubtful | length) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set found = run_query("select " ~ looks | join(', ') ~ " from " ~ node.relation_name).rows[0].values() if looks else [] -%}
    {%- for (name, type, kind, family), is_unfit in zip(doubtful, found) if is_unfit or family == 'other' -%}
        {%- set fractions = ' with fractions' if kind == 'size' and family == 'number' else '' -%}
        {%- do problems.append(name ~ " is " ~ type | upper ~ fractions ~ ", but must be " ~ kinds[kind][1]) -%}
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
    {%- else -%}
        {{ column }} is not null and lower(cast({{ column }} as varchar(50))) <> 'nan'
        {%- if kind == 'size' and family == 'number' %}
        and ({{ figure }} <> floor({{ figure }}) or abs({{ figure }}) > 9000000000000000)
        {%- endif %}
    {%- endif -%}
{%- endmacro %}

{#- All quantities of a size whose column is gone would fall to 0 on the board. What the last build found stands in its own
    tables, which the build hasn't touched yet. -#}
{% macro check_sizes_stay() -%}
    {%- set names, source = order_sync.size_columns(), orders_source() -%}
    {%- set where = "The table " ~ source.schema ~ "." ~ source.identifier ~ " has no column of whole numbers " -%}
    {%- if not names -%}
        {%- do exceptions.raise_compiler_error(
            where ~ "between UNIT OF MEASURE and TOTAL QTY, where the sizes stand: load it with all of its columns."
        ) -%}
    {%- endif -%}
    {%- set node = graph.nodes['model.order_sync.int_order_sizes'] -%}
    {%- set last = adapter.get_relation(database=node.database, schema=node.schema, identifier=node.alias) -%}
    {%- set known = [] -%}
    {%- for size in folded_names(names) -%}{%- do known.append(text_literal(size)) -%}{%- endfor -%}
    {%- set is_gone = " not in (" ~ known | join(', ') ~ ")" -%}
    {%- set gone = run_query(
        "select distinct SIZE_COLUMN from " ~ last ~ " where ORDER_QTY > 0 and "
        ~ match_text('SIZE_COLUMN') ~ is_gone ~ " and " ~ upper_text('SIZE_LABEL') ~ is_gone
    ).columns[0].values() if last else [] -%}
    {%- if gone -%}
        {%- do exceptions.raise_compiler_error(
            where ~ "any more for sizes that orders had at the last build (" ~ gone | sort | join('; ')
            ~ "): load it with these columns, left blank and built once where the sizes are to go."
        ) -%}
    {%- endif -%}
{%- endmacro %}

{#- What a case, an invisible character or a kind of blank tells apart is one size only where the seed says so. -#}
{% macro check_size_labels(seed) -%}
    {%- set names = folded_names(order_sync.size_columns()) -%}
    {%- set are_doubled = execute and names | unique | list | length < names | length -%}
    {%- set merged = run_query("select " ~ match_text('SIZE_COLUMN') ~ " as NAME from " ~ seed).columns[0].values() if are_doubled else names -%}
    {%- for name in names | unique if names.count(name) > 1 and name not in merged -%}
        {%- do exceptions.raise_compiler_error(
            "Several size columns of ORDERS_UNIFIED read " ~ name ~ ", but for their case, invisible characters or blanks: "
            ~ "rename or drop all but one, or add " ~ name ~ " to the seed size_labels, so that their quantities add up."
        ) -%}
    {%- endfor -%}
{%- endmacro %}

{% macro check_orders_scope() -%}
    {%- set scope, node = var('orders_scope'), orders_source() -%}
    {%- if scope -%}
        {%- set query = 'select count(*) as ROWS_CHOSEN from ' ~ node.relation_name ~ ' where (' ~ scope ~ '\n)' -%}
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
{% macro default__problem_of_query(query) -%}
    {%- set planned = fromjson(run_query('select json_serialize_plan(' ~ text_literal(query) ~ ')').rows[0][0]) -%}
    {{ return(planned.error_message if planned.error else 'it is more than one statement' if planned.plans | length != 1 else none) }}
{%- endmacro %}
{% macro sqlserver__problem_of_query(query) -%}
    {%- set described = 'sys.dm_exec_describe_first_result_set(' ~ text_literal(query) ~ ', null, 0)' -%}
    {{ return(run_query('select max(error_message) as PROBLEM from ' ~ described).rows[0][0]) }}
{%- endmacro %}

{% macro check_sync_tables() -%}
    {%- for node in graph.sources.values() if node.source_name == 'monday' -%}
        {%- set columns = node.columns.values() | map(attribute='name') | list -%}
        {%- if node.identifier in ['MON_CustMasterSchedule', 'MON_BoardItems'] -%}
            {%- set mapped = order_sync.mapped_columns() | selectattr('type', 'ne', 'group') | map(attribute='name') -%}
            {%- set columns = (columns + mapped | list) | unique | list -%}
        {%- endif -%}
        {%- do checked_columns(
            node, columns, "run `python -m sync migrate` first", "(…): run `python -m sync migrate` to bring it up to date"
        ) -%}
    {%- endfor -%}
{%- endmacro %}
