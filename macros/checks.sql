{#- Before anything is written: what can't be used stops the build with one sentence that says what to do. -#}

{#- Compiling and documenting check nothing, so they work without a database; `dbt retry` and whatever else runs models
    needs the file of the orders as well. A build that is refused doesn't come to its end, so it is marked here. -#}
{% macro check_inputs() -%}
    {%- if execute -%}
        {%- set orders = orders_source() -%}
        {%- set checks = [check_variables, check_tables, check_column_types, check_sizes, check_orders_scope] -%}
        {%- for check in [attach_orders_source] + (checks if flags.WHICH in ['build', 'run', 'test'] else []) -%}
            {%- set problem = check(orders, orders.schema ~ '.' ~ orders.identifier) | trim -%}
            {%- if problem -%}
                {%- do mark_build([{'status': 'error'}]) -%}
                {%- do exceptions.raise_compiler_error(problem) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#- A mistyped name would leave the default in force without a word. -#}
{% macro check_variables(orders, table) -%}
    {%- set received, scope = var('received_from', none), var('orders_scope', none) -%}
    {%- set percent, separator = var('max_removal_percent', none), var('item_name_separator', none) -%}
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
    {%- set names, problems = rules | map(attribute=0) | list, [] -%}
    {#- dbt_project.yml may put them under the name of the project, too; --vars may not. -#}
    {%- set project = adapter.config.vars.to_dict() -%}
    {%- set given = project | list | reject('eq', project_name) | list + project.get(project_name, {}) | list
        + adapter.config.cli_vars | list -%}
    {%- for name in given | unique(case_sensitive=true) | reject('in', names) -%}
        {%- do problems.append("there is none of the name " ~ name ~ ", only " ~ names | join(', ')) -%}
    {%- endfor -%}
    {%- for name, is_fit, needed in rules if not is_fit -%}
        {%- set shown = var(name, none) | string | truncate(40, true) -%}
        {%- set shown = tojson(shown) if var(name, none) is string else shown | replace('None', 'null') -%}
        {%- do problems.append(name ~ " is " ~ shown ~ ", but must be " ~ needed) -%}
    {%- endfor -%}
    {%- if problems -%}
        {{ return("The variables of this build can't be used: " ~ problems | join('; ')
            ~ " (dbt_project.yml and --vars; the values are listed in docs/operations.md).") }}
    {%- endif -%}
{%- endmacro %}

{% macro check_tables(orders, table) -%}
    {%- set wanted = [(orders, source_fields() | map(attribute='source') | list,
        "load the orders into it, or make sample orders with `python -m samples`",
        "that the mapping reads (…): add them, or change the mapping in models/monday/stg_mon_custmasterschedule.yml")] -%}
    {%- for node in graph.sources.values() if node.source_name == 'monday' -%}
        {%- set mapped = order_sync.mapped_columns() | selectattr('type', 'ne', 'group') | map(attribute='name') | list
            if node.identifier in ['MON_CustMasterSchedule', 'MON_BoardItems'] else [] -%}
        {%- do wanted.append((node, (node.columns.values() | map(attribute='name') | list + mapped) | unique | list,
            "run `python -m sync migrate` first", "(…): run `python -m sync migrate` to bring it up to date")) -%}
    {%- endfor -%}
    {%- for node, columns, make, mend in wanted -%}
        {%- set names, missing = folded_names(columns_of(node) | map(attribute='name')), [] -%}
        {%- for name, key in zip(columns, folded_names(columns)) if key not in names -%}{%- do missing.append(name) -%}{%- endfor -%}
        {%- set where = "The table " ~ node.schema ~ '.' ~ node.identifier -%}
        {%- if not names -%}
            {{ return(where ~ " doesn't exist in the database " ~ node.database ~ ": " ~ make ~ ".") }}
        {%- elif missing -%}
            {{ return(where ~ " lacks columns " ~ mend | replace('…', missing | join('; ')) ~ ".") }}
        {%- elif loop.first and ('TOTAL QTY' not in names or 'UNIT OF MEASURE' not in names[:names.index('TOTAL QTY')]) -%}
            {{ return(where ~ " lacks the columns UNIT OF MEASURE and, behind it, TOTAL QTY, between which the sizes stand:"
                ~ " load it with all of its columns in their order.") }}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{#- What may be read as it is meant is looked at, in one query: whole numbers of another type are sizes, and a column
    without any value says nothing, whatever its type; what is no number counts as blank. What no text can be made of is never
    read. Lost would be figures in a text among the sizes, fractions of a size, and whatever another column holds. -#}
{% macro check_column_types(orders, table) -%}
    {%- set kinds = {
        'text': (['text', 'integer', 'number'], 'text'), 'key': (['text'], 'text'),
        'numbers': (['text', 'integer', 'number'], 'numbers or text'), 'date': (['text', 'date'], 'dates or text'),
        'size': (['integer'], 'whole numbers, as a size between UNIT OF MEASURE and TOTAL QTY'),
    } -%}
    {%- set columns, doubtful, looks, problems = [], [], [], [] -%}
    {%- for column in order_columns() if column.is_size or column.key == 'TOTAL QTY' -%}
        {%- do columns.append((column.name, column.type, 'size' if column.is_size else 'numbers')) -%}
    {%- endfor -%}
    {%- for field in source_fields() -%}
        {%- do columns.append((field.source, field.source_type, 'key' if field.name == 'AAG ORDER NUMBER'
            else field.type if field.type in kinds else 'text')) -%}
    {%- endfor -%}
    {%- for name, type, kind in columns if type_family(type) not in kinds[kind][0] + ['none'] -%}
        {%- set family, cell = type_family(type), quoted_name(name) -%}
        {%- set figure = "cast(" ~ cell ~ " as double precision)" -%}
        {%- set lost = "1 = 1" if family == 'other'
            else "translate(cast(" ~ cell ~ " as nvarchar(4000)), '123456789', '000000000') like '%0%'" if (kind, family) == ('size', 'text')
            else cell ~ " is not null and lower(cast(" ~ cell ~ " as varchar(50))) <> 'nan'" -%}
        {%- set fraction = " and (" ~ figure ~ " <> floor(" ~ figure ~ ") or abs(" ~ figure ~ ") > 9000000000000000)"
            if (kind, family) == ('size', 'number') else "" -%}
        {%- do looks.append("max(case when " ~ lost ~ fraction ~ " then 1 else 0 end) as C" ~ loop.index) -%}
        {%- do doubtful.append((name ~ " is " ~ type | upper ~ (' with fractions or figures too long' if fraction else ''), kind, family)) -%}
    {%- endfor -%}
    {%- set found = run_query("select " ~ looks | join(', ') ~ " from " ~ orders.relation_name).rows[0].values() if looks else [] -%}
    {%- for (column, kind, family), is_unfit in zip(doubtful, found) if is_unfit or family == 'other' -%}
        {%- do problems.append(column ~ ", but must be " ~ kinds[kind][1]) -%}
    {%- endfor -%}
    {%- if problems -%}
        {{ return("The types of columns of " ~ table ~ " can't be read: " ~ problems | join('; ')
            ~ "; load the orders with these types.") }}
    {%- endif -%}
{%- endmacro %}

{#- All quantities of a size whose column is gone would fall to 0 on the board. What the last build found stands in its own
    tables, which the build hasn't touched yet; where it found none, what is confirmed counts. -#}
{% macro check_sizes(orders, table) -%}
    {%- set names, known = order_sync.size_columns(), [] -%}
    {%- for size in folded_names(names) -%}{%- do known.append(text_literal(size)) -%}{%- endfor -%}
    {%- set is_gone = " not in (" ~ known | join(', ') ~ ")" -%}
    {%- set node, monday = graph.nodes['model.order_sync.int_order_sizes'], 'source.order_sync.monday.MON_CustMasterSchedule' -%}
    {%- set last = adapter.get_relation(database=node.database, schema=node.schema, identifier=node.alias) -%}
    {%- set found = " from " ~ last ~ " where ORDER_QTY > 0" -%}
    {%- set gone = run_query("select distinct SIZE_COLUMN from (select SIZE_COLUMN, SIZE_LABEL" ~ found ~ " union all"
        ~ " select z.SIZE_COLUMN, z.SIZE_LABEL from " ~ graph.nodes['model.order_sync.int_sizes'].relation_name ~ " as z inner join "
        ~ graph.sources[monday ~ '_Subitems'].relation_name ~ " as s on " ~ upper_text('z.SIZE_LABEL') ~ " = " ~ upper_text('s.SIZE_LABEL')
        ~ " inner join " ~ graph.sources[monday].relation_name ~ " as o on s.MONDAY_PARENT_ITEM_ID = o.MONDAY_ITEM_ID"
        ~ " where s.ORDER_QTY > 0 and o.ARCHIVED_AT is null and not exists (select 1" ~ found ~ ")) as had where "
        ~ match_text('SIZE_COLUMN') ~ is_gone ~ " and " ~ upper_text('SIZE_LABEL') ~ is_gone).columns[0].values() if names and last else [] -%}
    {%- if gone or not names -%}
        {{ return("The table " ~ table ~ " has no column of whole numbers " ~ ("any more for sizes that orders had at the last build ("
            ~ gone | sort | join('; ') ~ "): load it with these columns, left blank and built once where the sizes are to go." if gone
            else "between UNIT OF MEASURE and TOTAL QTY, where the sizes stand: load it with all of its columns.")) }}
    {%- endif -%}
{%- endmacro %}

{#- Asked without carrying it out. What shows only with the rows, such as a text that is no number, ends the build in the
    database's words. -#}
{% macro check_orders_scope(orders, table) -%}
    {%- if var('orders_scope') -%}
        {%- set query = 'select count(*) as ROWS_CHOSEN from ' ~ orders.relation_name ~ ' where (' ~ var('orders_scope') ~ '\n)' -%}
        {%- set problem = adapter.dispatch('problem_of_query', 'order_sync')(query) -%}
        {%- if problem -%}
            {{ return("The variables of this build can't be used: orders_scope is no condition over " ~ table ~ " ("
                ~ problem | replace('\n', ' ') | trim | trim('.')
                ~ "); correct it in dbt_project.yml or --vars, names with blanks in double quotes.") }}
        {%- endif -%}
        {%- do log('orders_scope: ' ~ var('orders_scope'), info=true) -%}
        {%- do mark_build([{'status': 'error'}]) -%}{%- do run_query(query) -%}{%- do mark_build() -%}
    {%- endif -%}
{%- endmacro %}
{% macro default__problem_of_query(query) -%}
    {%- set planned = fromjson(run_query('select json_serialize_plan(' ~ text_literal(query) ~ ')').rows[0][0]) -%}
    {{ return(planned.error_message if planned.error else 'it is more than one statement' if planned.plans | length != 1 else none) }}
{%- endmacro %}
{% macro sqlserver__problem_of_query(query) -%}
    {%- set described = 'sys.dm_exec_describe_first_result_set(' ~ text_literal(query) ~ ', null, 0)' -%}
    {{ return(run_query('select max(error_message) as PROBLEM from ' ~ described).rows[0][0]) }}
{%- endmacro %}
