{%- set item_cells = "from paired
        inner join kinds
            on " ~ exact('paired.PULL_ID') ~ " = " ~ exact('kinds.PULL_ID') ~ "
        inner join " ~ source('monday', 'MON_CustMasterSchedule') ~ " as confirmed
            on " ~ exact('paired.ORDER_KEY') ~ " = " ~ exact('confirmed.ORDER_KEY') ~ "
        inner join " ~ source('monday', 'MON_BoardItems') ~ " as items
            on paired.ITEM_ID = items.ITEM_ID and " ~ exact('paired.PULL_ID') ~ " = " ~ exact('items.PULL_ID') -%}
{%- set order_cells = [] -%}
{%- for column in order_sync.mapped_columns() -%}
{%- set cell = compared_cell(column, 'confirmed.' ~ column.quoted, 'items.' ~ column.quoted) -%}
{%- do cell.update(WRITTEN_ONCE=1 if column.write == 'create_only' and column.name != 'ORDER_KEY' else 0) -%}
{%- do order_cells.append(cell) -%}
{%- endfor -%}
{%- set size_cells = [
    {
        'COLUMN_NAME': text_literal('ORDER_QTY'),
        'EXPECTED': exact('cast(sizes.ORDER_QTY as nvarchar(40))'),
        'ON_BOARD': exact('sizes.CELL_QTY'),
        'DIFFERS': 'case when sizes.ORDER_QTY is null or sizes.QUANTITY = sizes.ORDER_QTY then 0 else 1 end',
        'WRITTEN_ONCE': 0,
    },
    {
        'COLUMN_NAME': text_literal('SIZE_LABEL'),
        'EXPECTED': exact('sizes.SIZE_LABEL'),
        'ON_BOARD': exact('case when sizes.IS_LABELLED = 1 then sizes.CELL_LABEL end'),
        'DIFFERS': 'case when sizes.IS_LEFT_BLANK = 1 then 0 when sizes.IS_LABELLED = 1 and '
            ~ upper_text('sizes.CELL_LABEL') ~ ' = ' ~ upper_text('sizes.SIZE_LABEL') ~ ' then 0 else 1 end',
        'WRITTEN_ONCE': 0,
    },
    {
        'COLUMN_NAME': text_literal('SUBITEM_NAME'),
        'EXPECTED': exact('sizes.EXPECTED_NAME'),
        'ON_BOARD': exact('sizes.SUBITEM_NAME'),
        'DIFFERS': 'case when sizes.EXPECTED_NAME = sizes.SUBITEM_NAME then 0 else 1 end',
        'WRITTEN_ONCE': 1,
    },
] -%}
with

kinds as (
    {{ column_types() | indent(4) }}
),

paired as (
    select *
    from {{ ref('stg_mon_boardorders') }}
    where
        PLACE = 1
        and ORDER_STATE in ('LIVE', 'OFF')
),

items as (
    {{ cell_rows(['paired.ORDER_KEY', 'paired.ITEM_ID', 'paired.BY_ID'], order_cells, item_cells) | indent(4) }}
),

{# A label that the board would not take was left blank knowingly. -#}
blank_labels as (
    select distinct
        {{ exact('ORDER_KEY') }} as ORDER_KEY,
        {{ exact('SIZE_LABEL') }} as SIZE_LABEL
    from {{ source('monday', 'ERR_MON_CustMasterSchedule_Subitems') }}
    where
        RESOLVED_AT is null
        and ERROR_CLASS = 'CELL'
        and COLUMN_NAME = 'SIZE_LABEL'
),

sizes as (
    select
        placed.ORDER_KEY,
        placed.SUBITEM_ID as MONDAY_ID,
        placed.BY_ID,
        placed.SIZE_LABEL,
        placed.CELL_LABEL,
        placed.IS_LABELLED,
        placed.CELL_QTY,
        placed.QUANTITY,
        confirmed.ORDER_QTY,
        placed.SUBITEM_NAME,
        {{ exact("concat('Size ', placed.SIZE_LABEL)") }} as EXPECTED_NAME,
        case when placed.IS_LABELLED = 1 or blank_labels.ORDER_KEY is null then 0 else 1 end as IS_LEFT_BLANK
    from {{ ref('stg_mon_boardsizes') }} as placed
    left join {{ source('monday', 'MON_CustMasterSchedule_Subitems') }} as confirmed
        on
            {{ exact('placed.ORDER_KEY') }} = {{ exact('confirmed.ORDER_KEY') }}
            and {{ exact('placed.SIZE_LABEL') }} = {{ exact('confirmed.SIZE_LABEL') }}
    left join blank_labels
        on
            {{ exact('placed.ORDER_KEY') }} = {{ exact('blank_labels.ORDER_KEY') }}
            and {{ exact('placed.SIZE_LABEL') }} = {{ exact('blank_labels.SIZE_LABEL') }}
    where
        placed.PLACE = 1
        and placed.SIZE_LABEL is not null
        and placed.SIZE_STATE in ('LIVE', 'OFF', 'STAGED')
),

subitems as (
    {{ cell_rows(['sizes.ORDER_KEY', 'sizes.MONDAY_ID', 'sizes.BY_ID', 'sizes.SIZE_LABEL'], size_cells, 'from sizes') | indent(4) }}
)

select
    'ITEM' as LEVEL,
    ORDER_KEY,
    {{ exact('cast(null as nvarchar(100))') }} as SIZE_LABEL,
    ITEM_ID as MONDAY_ID,
    COLUMN_NAME,
    EXPECTED,
    ON_BOARD,
    BY_ID,
    WRITTEN_ONCE
from items
where {{ cell_differs() }} = 1

union all

select
    'SUBITEM' as LEVEL,
    ORDER_KEY,
    SIZE_LABEL,
    MONDAY_ID,
    COLUMN_NAME,
    EXPECTED,
    ON_BOARD,
    BY_ID,
    WRITTEN_ONCE
from subitems
where DIFFERS = 1
