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

{#- values: an alias of desired or confirmed values; cells: of the texts of the board's cells; typed: of the same as the
    tables keep them; kinds: of the types of the board's columns. -#}
{% macro mapped_cells(values, cells, typed, kinds) -%}
    {%- set found = [] -%}
    {%- for column in order_sync.mapped_columns() -%}
        {%- set value, cell = values ~ '.' ~ column.quoted, cells ~ '.' ~ column.quoted -%}
        {%- set expected = 'cast(' ~ value ~ ' as nvarchar(40))' if column.type in ['numbers', 'date'] else value -%}
        {%- do found.append({
            'COLUMN_NAME': text_literal(column.name),
            'EXPECTED': exact(expected),
            'ON_BOARD': exact(cell),
            'DIFFERS': cell_differs(column.type, value, cell, typed ~ '.' ~ column.quoted, kinds ~ '.' ~ column.quoted),
            'WRITTEN_ONCE': 1 if column.write == 'create_only' and column.name != 'ORDER_KEY' else 0,
        }) -%}
    {%- endfor -%}
    {{ return(found) }}
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

{#- An order and an item belong together at the first level at which each is the other's only match; what a rule leads to
    one another without saying which belongs to which is in doubt, and no later rule decides it. Levels only ever split a
    group, so what one pairs can't change the counts of another. Each step reads the one before once, for SQL Server writes
    it out wherever it is read. is_open: condition of an item that the rule may find. -#}
{% macro adoption_rule(name, columns, is_open, before) -%}
    {%- set levels = [[], ['PO'], ['PO', 'ALT_PO'], ['PO', 'ALT_PO', 'DELIVERY', 'DESTINATION'],
        ['PO', 'ALT_PO', 'DELIVERY', 'DESTINATION', 'QTY']] -%}
    {%- set levels = levels[:1] if name == 'KEY' else levels -%}
    {%- set step = name | lower -%}
    {{ step }}_open as (
        select
            {{ before }}.*,
            case
                when MATCHED_BY is null and {{ columns | join(' is not null and ') }} is not null and (ITEM_ID is null or {{ is_open }}) then 1
                else 0
            end as IS_OPEN
        from {{ before }}
    ),

    {{ step }}_counted as (
        select
            {{ step }}_open.*
            {%- for level in levels %}
            {%- set alike = 'partition by IS_OPEN, ' ~ (columns + level) | join(', ') %},
            count(ORDER_KEY) over ({{ alike }}) as ORDERS_{{ loop.index0 }},
            count(ITEM_ID) over ({{ alike }}) as ITEMS_{{ loop.index0 }},
            max(ORDER_KEY) over ({{ alike }}) as ORDER_{{ loop.index0 }}
            {%- endfor %}
        from {{ step }}_open
    ),

    {{ step }}_paired as (
        select
            {{ step }}_counted.*,
            case
                when IS_OPEN = 0 then null
                {%- for level in levels %}
                when ORDERS_{{ loop.index0 }} = 1 and ITEMS_{{ loop.index0 }} = 1 then ORDER_{{ loop.index0 }}
                {%- endfor %}
            end as FOUND_ORDER
        from {{ step }}_counted
    ),

    {{ step }}_doubted as (
        select
            {{ step }}_paired.*
            {%- set alike = 'partition by IS_OPEN, case when FOUND_ORDER is null then 0 else 1 end, ' ~ columns | join(', ') %},
            count(ORDER_KEY) over ({{ alike }}) as OPEN_ORDERS,
            count(ITEM_ID) over ({{ alike }}) as OPEN_ITEMS,
            min(ITEM_ID) over ({{ alike }}) as FIRST_ITEM
        from {{ step }}_paired
    ),

    {{ step }}_done as (
        select
            ORDER_KEY, ITEM_ID, N_KEY, N_NUMBER, N_STYLE, N_COLOR, N_NAME, PO, ALT_PO, DELIVERY, DESTINATION, QTY,
            case
                when MATCHED_BY is not null then MATCHED_BY
                when FOUND_ORDER is not null or (IS_OPEN = 1 and OPEN_ORDERS > 0 and OPEN_ITEMS > 0) then '{{ name }}'
            end as MATCHED_BY,
            coalesce(PAIRED_ORDER, FOUND_ORDER) as PAIRED_ORDER,
            case
                when MATCHED_BY is not null then DOUBT_ID
                when IS_OPEN = 1 and FOUND_ORDER is null and OPEN_ORDERS > 0 and OPEN_ITEMS > 0 then FIRST_ITEM
            end as DOUBT_ID,
            case when MATCHED_BY is null then OPEN_ORDERS else DOUBT_ORDERS end as DOUBT_ORDERS,
            case when MATCHED_BY is null then OPEN_ITEMS else DOUBT_ITEMS end as DOUBT_ITEMS
        from {{ step }}_doubted
    )
{%- endmacro %}
