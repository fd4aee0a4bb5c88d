{#- The board as it was pulled: what its cells say, what they should, and which order an item belongs to. -#}

{#- As the tables keep the column; null where its type can't hold the cell. -#}
{% macro cell_value(cell, type) -%}
    {%- if type == 'numbers' -%}
        {{ cell_number(cell) }}
    {%- elif type == 'date' -%}
        {{ date_value(cell) }}
    {%- else -%}
        {{ exact(cell) }}
    {%- endif -%}
{%- endmacro %}

{#- 1 or 0. Numbers and dates are compared as such, labels and groups in any case, other text to the letter but for line
    ends, whose kind Monday may change. kind: the type of the board's column, which somebody may have changed. -#}
{% macro cell_differs(type, value, cell, typed, kind) -%}
    {%- set same_label = upper_text(value) ~ ' = ' ~ upper_text(cell) -%}
    {%- set line_end = characters([10]) -%}
    case
        when {{ value }} is null and {{ cell }} is null then 0
        when {{ value }} is null or {{ cell }} is null then 1
        {%- if type in ['numbers', 'date'] %}
        when {{ typed }} = {{ value }} then 0
        {%- else %}
        when {{ exact(value) }} = {{ cell }} then 0
        {%- if type == 'group' %}
        when {{ same_label }} then 0
        {%- elif type != 'name' %}
        when {{ kind }} in ('dropdown', 'status') and {{ same_label }} then 0
        when {{ kind }} = 'numbers' and {{ cell_value(value, 'numbers') }} = try_cast({{ cell }} as decimal(18, 4)) then 0
        when replace(replace({{ exact(value) }}, {{ characters([13, 10]) }}, {{ line_end }}), {{ characters([13]) }}, {{ line_end }}) = {{ cell }} then 0
        {%- endif %}
        {%- endif %}
        else 1
    end
{%- endmacro %}

{#- relation: from clause with its joins. cells: a dictionary of columns and expressions for each row to make of one. -#}
{% macro cell_rows(keys, cells, relation) -%}
    {{ return(adapter.dispatch('cell_rows', 'order_sync')(keys, cells, relation)) }}
{%- endmacro %}
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

{% macro column_kinds() -%}
    select
        {{ computed_once() }}
        {{ exact('PULL_ID') }} as PULL_ID
        {%- for column in order_sync.mapped_columns() %},
        {{ json_text('COLUMN_TYPES', column.name) }} as {{ column.quoted }}
        {%- endfor %}
    from {{ source('monday', 'MON_BoardPulls') }}
    where FINISHED_AT is not null
{%- endmacro %}

{% macro json_text(json, name) -%}
    {{ return(adapter.dispatch('json_text', 'order_sync')(json, text_literal('$.' ~ tojson(name)))) }}
{%- endmacro %}
{% macro default__json_text(json, path) %}json_extract_string({{ json }}, {{ path }}){% endmacro %}
{% macro sqlserver__json_text(json, path) %}{{ exact('json_value(' ~ json ~ ', ' ~ path ~ ')') }}{% endmacro %}

{% macro factory_columns() -%}
    {{ return([
        {'name': 'CUT', 'title': 'Cut Qty'},
        {'name': 'SEW', 'title': 'Sew Qty'},
        {'name': 'FINISHING', 'title': 'Finishing Qty'},
        {'name': 'RECEIVED', 'title': 'Received not Shipped Qty'},
        {'name': 'PACKED', 'title': 'Packed Qty'},
        {'name': 'SHIPPED', 'title': 'Shipped Qty'},
    ]) }}
{%- endmacro %}
