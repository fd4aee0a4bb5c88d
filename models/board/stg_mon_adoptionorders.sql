{%- set own = ['ORDER_KEY', 'ITEM_NAME', 'GROUP_NAME'] -%}
{%- set always = order_sync.hashed_fields() -%}
{%- set columns = order_sync.mapped_columns() | rejectattr('name', 'equalto', 'ORDER_KEY') | list -%}
{%- set order_cells = [] -%}
{%- for column in columns -%}
{%- set cell, typed = 'items.' ~ column.quoted, column.type in ['numbers', 'date'] -%}
{%- set compared = compared_cell(column, 'staged.' ~ column.quoted, cell) -%}
{%- set lost = 'case when ' ~ cell ~ ' is not null and board.' ~ column.quoted ~ ' is null then 1 else 0 end' -%}
{%- do compared.update(IS_LOST=lost if typed else 0) -%}
{%- do order_cells.append(compared) -%}
{%- endfor -%}
{%- set pairs_on_the_board = "from pairs
        inner join " ~ ref('stg_mon_boardorders') ~ " as board
            on pairs.ITEM_ID = board.ITEM_ID
        inner join kinds
            on " ~ exact('board.PULL_ID') ~ " = " ~ exact('kinds.PULL_ID') ~ "
        inner join " ~ source('monday', 'MON_BoardItems') ~ " as items
            on board.ITEM_ID = items.ITEM_ID and " ~ exact('board.PULL_ID') ~ " = " ~ exact('items.PULL_ID') ~ "
        inner join " ~ ref('stg_mon_custmasterschedule') ~ " as staged
            on " ~ exact('pairs.ORDER_KEY') ~ " = " ~ exact('staged.ORDER_KEY') -%}
with

kinds as (
    {{ column_types() | indent(4) }}
),

pairs as (
    select
        ITEM_ID,
        ORDER_KEY,
        MATCHED_BY
    from {{ ref('stg_mon_adoption') }}
    where
        ITEM_ID is not null
        and ORDER_KEY is not null
        and MATCHED_BY not in ('KNOWN', 'ARCHIVED')
),

cells as (
    {{ cell_rows(['pairs.ORDER_KEY', 'pairs.ITEM_ID', 'pairs.MATCHED_BY', 'board.GROUP_ID'], order_cells, pairs_on_the_board) | indent(4) }}
),

differing as (
    select
        cells.*,
        {{ cell_differs() }} + cells.IS_LOST as DIFFERS
    from cells
),

{# 1 where a cell shows something else than is staged; 2 where it holds what the tables can't keep. -#}
compared as (
    select
        {{ computed_once() }}
        {%- for column in columns %}
        max(case when COLUMN_NAME = {{ text_literal(column.name) }} then DIFFERS end) as {{ column.quoted }},
        {%- endfor %}
        ITEM_ID,
        ORDER_KEY,
        MATCHED_BY,
        GROUP_ID
    from differing
    group by ITEM_ID, ORDER_KEY, MATCHED_BY, GROUP_ID
)

select
    {%- for column in order_sync.mapped_columns() if column.name not in own %}
    case when compared.{{ column.quoted }} = 0 then staged.{{ column.quoted }} else board.{{ column.quoted }} end as {{ column.quoted }},
    {%- endfor %}
    case when compared.ITEM_NAME = 0 then {{ exact('staged.ITEM_NAME') }} else {{ short_text('board.ITEM_NAME', 255) }} end as ITEM_NAME,
    case when compared.GROUP_NAME = 0 then {{ exact('staged.GROUP_NAME') }} else {{ short_text('board.GROUP_NAME', 255) }} end as GROUP_NAME,
    compared.ORDER_KEY,
    compared.ITEM_ID,
    compared.MATCHED_BY,
    compared.GROUP_ID,
    staged.BATCH_CUSTOMER,
    staged.SOURCE_CUSTOMER,
    staged."TOTAL QTY",
    concat('[', substring(concat(
        {%- for column in always %}
        case when compared.{{ column.quoted }} > 0 then {{ text_literal(',' ~ tojson(column.name)) }} else '' end,
        {%- endfor %}
        ''
    ), 2, 8000), ']') as DIFFERING,
    case
        when {% for column in order_sync.mapped_columns() if column.type in ['numbers', 'date'] %}compared.{{ column.quoted }} = 2{{ ' or ' if not loop.last }}{% endfor %}
            then null
        when {% for column in always %}compared.{{ column.quoted }} > 0{{ ' or ' if not loop.last }}{% endfor %}
            then '{{ '0' * 64 }}'
        else staged.ROW_HASH
    end as ROW_HASH
from compared
inner join {{ ref('stg_mon_boardorders') }} as board
    on compared.ITEM_ID = board.ITEM_ID
inner join {{ ref('stg_mon_custmasterschedule') }} as staged
    on {{ exact('compared.ORDER_KEY') }} = {{ exact('staged.ORDER_KEY') }}
