{% macro cell_rows(keys, cells, relation) -%}
    {{ return(adapter.dispatch('cell_rows', 'order_sync')(keys, cells, relation)) }}
{%- endmacro %}

{% macro default__cell_rows(keys, cells, relation) -%}
    select
        {%- for key in keys %}
        {{ key.split('.')[-1] }},
        {%- endfor %}
        CELL['COLUMN_NAME'] as COLUMN_NAME,
        CELL['EXPECTED'] as EXPECTED,
        CELL['ON_BOARD'] as ON_BOARD,
        CELL['DIFFERS'] as DIFFERS,
        CELL['WRITTEN_ONCE'] as WRITTEN_ONCE
    from (
        select
            {%- for key in keys %}
            {{ key }},
            {%- endfor %}
            unnest([
                {%- for cell in cells %}
                {
                    'COLUMN_NAME': {{ order_sync.text_literal(cell.name) }},
                    'EXPECTED': {{ cell.expected }},
                    'ON_BOARD': {{ cell.on_board }},
                    'DIFFERS': {{ cell.differs }},
                    'WRITTEN_ONCE': {{ cell.written_once }}
                }{{ ',' if not loop.last }}
                {%- endfor %}
            ]) as CELL
        {{ relation }}
    ) as cells
{%- endmacro %}

{#- The lateral form is the quick one on SQL Server: one pass over the rows, no union of one scan a column. -#}
{% macro sqlserver__cell_rows(keys, cells, relation) -%}
    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        cells.COLUMN_NAME,
        cells.EXPECTED,
        cells.ON_BOARD,
        cells.DIFFERS,
        cells.WRITTEN_ONCE
    {{ relation }}
    cross apply (
        values
        {%- for cell in cells %}
        (
            cast({{ order_sync.text_literal(cell.name) }} as nvarchar(200)),
            cast({{ order_sync.exact(cell.expected) }} as nvarchar(max)),
            cast({{ order_sync.exact(cell.on_board) }} as nvarchar(max)),
            {{ cell.differs }},
            {{ cell.written_once }}
        ){{ ',' if not loop.last }}
        {%- endfor %}
    ) as cells (COLUMN_NAME, EXPECTED, ON_BOARD, DIFFERS, WRITTEN_ONCE)
{%- endmacro %}
