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
        left join staged
            on " ~ exact('pairs.ORDER_KEY') ~ " = " ~ exact('staged.ORDER_KEY') -%}
with

kinds as (
    {{ column_types() | indent(4) }}
),

pairs as (
    select
        ITEM_ID,
        ORDER_KEY,
        MATCHED_BY,
        BATCH_CUSTOMER,
        QTY
    from {{ ref('stg_mon_adoption') }}
    where
        ITEM_ID is not null
        and ORDER_KEY is not null
        and MATCHED_BY not in ('KNOWN', 'ARCHIVED')
),

staged as (
    select *
    from {{ ref('stg_mon_custmasterschedule') }}
),

staged_customers as (
    select
        {{ match_text('BATCH_CUSTOMER') }} as N_CUSTOMER,
        min({{ exact('BATCH_CUSTOMER') }}) as BATCH_CUSTOMER,
        min({{ exact('SOURCE_CUSTOMER') }}) as SOURCE_CUSTOMER
    from staged
    group by {{ match_text('BATCH_CUSTOMER') }}
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
),

{# Found by its key, an item that differs may be that of another order of its number: it is confirmed as it shows itself. -#}
judged as (
    select
        compared.*,
        case
            when {% for column in order_sync.mapped_columns() if column.type in ['numbers', 'date'] %}compared.{{ column.quoted }} = 2{{ ' or ' if not loop.last }}{% endfor %}
                then 'UNREADABLE'
            when compared.MATCHED_BY = 'OWN_KEY' then 'ITSELF'
            when {% for column in always %}compared.{{ column.quoted }} > 0{{ ' or ' if not loop.last }}{% endfor %}
                then case when compared.MATCHED_BY = 'KEY' then 'ITSELF' else 'OTHER' end
            else 'STAGED'
        end as SHOWS
    from compared
)

select
    {%- for column in order_sync.mapped_columns() if column.name not in own %}
    case when judged.{{ column.quoted }} = 0 then staged.{{ column.quoted }} else board.{{ column.quoted }} end as {{ column.quoted }},
    {%- endfor %}
    case when judged.ITEM_NAME = 0 then {{ exact('staged.ITEM_NAME') }} else {{ short_text('board.ITEM_NAME', 255) }} end as ITEM_NAME,
    case when judged.GROUP_NAME = 0 then {{ exact('staged.GROUP_NAME') }} else {{ short_text('board.GROUP_NAME', 255) }} end as GROUP_NAME,
    judged.ORDER_KEY,
    judged.ITEM_ID,
    judged.MATCHED_BY,
    judged.GROUP_ID,
    {{ exact("case when judged.SHOWS = 'ITSELF' then coalesce(shown.BATCH_CUSTOMER, pairs.BATCH_CUSTOMER) else pairs.BATCH_CUSTOMER end") }} as BATCH_CUSTOMER,
    {{ exact("case when judged.SHOWS = 'ITSELF' then shown.SOURCE_CUSTOMER else staged.SOURCE_CUSTOMER end") }} as SOURCE_CUSTOMER,
    case
        when judged.SHOWS <> 'ITSELF' then staged."TOTAL QTY"
        when pairs.QTY <= 2147483647 then pairs.QTY
    end as "TOTAL QTY",
    case when judged.MATCHED_BY = 'OWN_KEY' then '[]' else concat('[', substring(concat(
        {%- for column in always %}
        case when judged.{{ column.quoted }} > 0 then {{ text_literal(',' ~ tojson(column.name)) }} else '' end,
        {%- endfor %}
        ''
    ), 2, 8000), ']') end as DIFFERING,
    case judged.SHOWS
        when 'ITSELF' then '{{ '1' * 64 }}'
        when 'OTHER' then '{{ '0' * 64 }}'
        when 'STAGED' then staged.ROW_HASH
    end as ROW_HASH
from judged
inner join pairs
    on judged.ITEM_ID = pairs.ITEM_ID
inner join {{ ref('stg_mon_boardorders') }} as board
    on judged.ITEM_ID = board.ITEM_ID
left join staged
    on {{ exact('judged.ORDER_KEY') }} = {{ exact('staged.ORDER_KEY') }}
left join staged_customers as shown
    on {{ exact(match_text('board."CUSTOMER"')) }} = {{ exact('shown.N_CUSTOMER') }}
