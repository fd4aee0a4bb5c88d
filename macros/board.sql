{#- The board as it was pulled: what its cells say, what they should, and which order an item belongs to. -#}

{% macro column_types() -%}
    select
        {{ computed_once() }}
        {%- for column in order_sync.mapped_columns() %}
        {{ json_text('COLUMN_TYPES', column.name) }} as {{ column.quoted }},
        {%- endfor %}
        {{ exact('PULL_ID') }} as PULL_ID
    from {{ source('monday', 'MON_BoardPulls') }}
    where FINISHED_AT is not null
{%- endmacro %}

{% macro cell_value(cell, type) -%}
    {%- if type == 'numbers' -%}
        {{ cell_number(cell) }}
    {%- elif type == 'date' -%}
        {{ date_value(cell) }}
    {%- else -%}
        {{ exact(cell) }}
    {%- endif -%}
{%- endmacro %}

{#- A cell beside the value that it should show, for cell_rows; KIND says how cell_differs compares them: the column's own type
    for fields, numbers and dates, else the type that the board's column has, which somebody may have changed. -#}
{% macro compared_cell(column, value, cell) -%}
    {{ return({
        'COLUMN_NAME': text_literal(column.name),
        'KIND': text_literal(column.type) if column.type in ['name', 'group', 'numbers', 'date'] else 'kinds.' ~ column.quoted,
        'EXPECTED': exact('cast(' ~ value ~ ' as nvarchar(40))' if column.type in ['numbers', 'date'] else value),
        'ON_BOARD': exact(cell),
    }) }}
{%- endmacro %}

{#- 1 or 0, for rows of compared_cell. Numbers and dates are compared as such, labels and groups in any case, other text to the
    letter but for line ends, whose kind Monday may change. -#}
{% macro cell_differs() -%}
    {%- set line_end = characters([10]) -%}
    case
        when EXPECTED is null and ON_BOARD is null then 0
        when EXPECTED is null or ON_BOARD is null then 1
        when EXPECTED = ON_BOARD then 0
        when KIND = 'numbers' and {{ cell_number('EXPECTED') }} = {{ cell_number('ON_BOARD') }} then 0
        when KIND = 'date' and {{ date_value('EXPECTED') }} = {{ date_value('ON_BOARD') }} then 0
        when KIND in ('group', 'dropdown', 'status') and {{ upper_text('EXPECTED') }} = {{ upper_text('ON_BOARD') }} then 0
        when replace(replace(EXPECTED, {{ characters([13, 10]) }}, {{ line_end }}), {{ characters([13]) }}, {{ line_end }}) = ON_BOARD then 0
        else 1
    end
{%- endmacro %}

{#- relation: from clause with its joins. cells: a dictionary of columns and expressions for each row to make of one. -#}
{% macro cell_rows(keys, cells, relation) %}{{ return(adapter.dispatch('cell_rows', 'order_sync')(keys, cells, relation)) }}{% endmacro %}
{% macro default__cell_rows(keys, cells, relation) -%}
    select
        {{ keys | join(',\n        ') }},
        unnest([
            {%- for cell in cells %}
            { {%- for column, value in cell.items() %}'{{ column }}': {{ value }}{{ ', ' if not loop.last }}{% endfor -%} }{{ ',' if not loop.last }}
            {%- endfor %}
        ], recursive := true)
    {{ relation }}
{%- endmacro %}
{#- The lateral form is the quick one on SQL Server: one pass over the rows, no union of one scan a column. -#}
{% macro sqlserver__cell_rows(keys, cells, relation) -%}
    select
        {{ keys | join(',\n        ') }},
        cells.{{ cells[0] | join(',\n        cells.') }}
    {{ relation }}
    cross apply (
        values
        {%- for cell in cells %}
        ({{ cell.values() | join(', ') }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as cells ({{ cells[0] | join(', ') }})
{%- endmacro %}

{#- On DuckDB three times as fast as rows made by cell_rows, for blanks make none. -#}
{% macro unpivot_sizes(relation, sizes) -%}
    {%- set names, cells = [], [] -%}
    {%- for size in sizes -%}
        {%- do names.append(text_literal(size)) -%}
        {%- do cells.append({'SIZE_COLUMN': 'cast(' ~ names[-1] ~ ' as nvarchar(100))', 'ORDER_QTY': 'cast(' ~ quoted_name(size) ~ ' as bigint)'}) -%}
    {%- endfor -%}
    {{ by_engine(
        'unpivot (select SOURCE_ROW, cast(columns([' ~ names | join(', ') ~ ']) as bigint) from ' ~ relation
            ~ ') on columns(* exclude (SOURCE_ROW)) into name SIZE_COLUMN value ORDER_QTY',
        cell_rows(['SOURCE_ROW'], cells, 'from ' ~ relation)
    ) }}
{%- endmacro %}

{% macro json_text(json, name) -%}
    {%- set path = text_literal('$.' ~ tojson(name)) -%}
    {{ by_engine('json_extract_string(' ~ json ~ ', ' ~ path ~ ')', exact('json_value(' ~ json ~ ', ' ~ path ~ ')')) }}
{%- endmacro %}

{% macro factory_columns() -%}
    {{ return({'CUT': 'Cut Qty', 'SEW': 'Sew Qty', 'FINISHING': 'Finishing Qty', 'RECEIVED': 'Received not Shipped Qty',
        'PACKED': 'Packed Qty', 'SHIPPED': 'Shipped Qty'}) }}
{%- endmacro %}
