{#- Stops the build where a column of ORDERS_UNIFIED that is read has a type that can't be read as what it stands for. What
    may be read as it is meant is looked at, in one query: whole numbers of another type are sizes, and a column without
    any value says nothing, whatever its type. -#}
{% macro check_column_types() -%}
    {%- set node = order_sync.orders_source() -%}
    {%- set readable = {
        'number': ['text', 'integer', 'number', 'none'], 'date': ['text', 'date', 'none'], 'key': ['text', 'none'],
        'total': ['text', 'integer', 'number', 'date', 'switch', 'none', 'other'], 'size': ['integer', 'none'],
        'text': ['text', 'integer', 'number', 'none'],
    } -%}
    {%- set expected = {
        'number': 'numbers or text', 'date': 'dates or text', 'key': 'text', 'text': 'text',
        'size': 'whole numbers, as a size between UNIT OF MEASURE and TOTAL QTY',
    } -%}
    {%- set columns = order_sync.order_columns() | selectattr('is_size') | list -%}
    {%- for column in columns -%}{%- do column.update(kind='size') -%}{%- endfor -%}
    {%- for field in order_sync.source_fields() -%}
        {%- set kind = 'key' if field.name == 'AAG ORDER NUMBER' else {'numbers': 'number', 'date': 'date'}.get(field.type, 'text') -%}
        {%- do columns.append({'name': field.source, 'type': field.source_type, 'kind': kind}) -%}
    {%- endfor -%}
    {%- do columns.append(dict(order_sync.source_columns()['TOTAL QTY'], kind='total')) -%}
    {%- for column in columns -%}{%- do column.update(family=order_sync.type_family(column.type)) -%}{%- endfor -%}

    {%- set unfit, doubtful, looks = [], [], [] -%}
    {%- for column in columns if column.family not in readable[column.kind] -%}
        {%- if column.family == 'other' -%}
            {%- do unfit.append(column) -%}
        {%- else -%}
            {%- do doubtful.append(column) -%}
            {%- do looks.append(
                "max(case when " ~ order_sync.unfit_cell(order_sync.quoted_name(column.name), column.family, column.kind)
                ~ " then 1 else 0 end) as C" ~ doubtful | length
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if doubtful -%}
        {%- set relation = api.Relation.create(database=node.database, schema=node.schema, identifier=node.identifier) -%}
        {%- set found = run_query("select " ~ looks | join(', ') ~ " from " ~ relation).rows[0].values() -%}
        {%- for column, is_unfit in zip(doubtful, found) if is_unfit -%}{%- do unfit.append(column) -%}{%- endfor -%}
    {%- endif -%}
    {%- if unfit -%}
        {%- set problems = [] -%}
        {%- for column in unfit -%}
            {%- set fractions = ' with fractions' if column.kind == 'size' and column.family == 'number' else '' -%}
            {%- do problems.append(
                column.name ~ " is " ~ column.type | upper ~ fractions ~ ", but must be " ~ expected[column.kind]
            ) -%}
        {%- endfor -%}
        {%- do exceptions.raise_compiler_error(
            "The types of columns of " ~ node.schema ~ "." ~ node.identifier ~ " can't be read: " ~ problems | join('; ')
            ~ "; load the orders with these types."
        ) -%}
    {%- endif -%}
{%- endmacro %}
