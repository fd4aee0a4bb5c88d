{# An item that carries a key is what its key says, and nothing else; a name alone speaks only where the board has no order
   number that could say otherwise. is_open: which items a rule may find. -#}
{% set rules = [
    {'name': 'KEY', 'columns': ['N_KEY'], 'is_open': '1 = 1'},
    {'name': 'NUMBER', 'columns': ['N_NUMBER', 'N_STYLE', 'N_COLOR'], 'is_open': 'N_KEY is null'},
    {'name': 'NAME_AND_NUMBER', 'columns': ['N_NAME', 'N_NUMBER'], 'is_open': 'N_KEY is null'},
    {'name': 'NAME', 'columns': ['N_NAME'], 'is_open': 'N_KEY is null and N_NUMBER is null'},
] %}
{% set levels = [[], ['PO'], ['PO', 'ALT_PO'], ['PO', 'ALT_PO', 'DELIVERY', 'DESTINATION'], ['PO', 'ALT_PO', 'DELIVERY', 'DESTINATION', 'QTY']] %}
{% set kept = ['ORDER_KEY', 'ITEM_ID', 'N_KEY', 'N_NUMBER', 'N_STYLE', 'N_COLOR', 'N_NAME', 'PO', 'ALT_PO', 'DELIVERY', 'DESTINATION', 'QTY'] %}
{# The figures behind the last # of a key. -#}
{% set place = dbt.position("'#'", 'reverse(' ~ exact('N_KEY') ~ ')') | replace('CHARINDEX', 'charindex') %}
{% set behind = 'right(N_KEY, ' ~ place ~ ' - 1)' %}

with

board as (
    select *
    from {{ ref('stg_mon_boardorders') }}
),

{# Whole pieces: a cast alone rounds a fraction on DuckDB and cuts it on SQL Server. -#}
board_quantities as (
    select
        ITEM_ID,
        cast(floor(sum(QUANTITY)) as bigint) as QTY
    from {{ ref('stg_mon_boardsizes') }}
    where QUANTITY > 0
    group by ITEM_ID
),

live as (
    select {{ exact('ORDER_KEY') }} as ORDER_KEY
    from {{ source('monday', 'MON_CustMasterSchedule') }}
    where
        MONDAY_ITEM_ID is not null
        and ARCHIVED_AT is null
),

{# Orders to create that have no item as far as the tables know. -#}
staged as (
    select
        {{ exact('desired.ORDER_KEY') }} as ORDER_KEY,
        desired.ITEM_NAME,
        desired.BATCH_CUSTOMER,
        desired."AAG ORDER NUMBER",
        desired."STYLE",
        desired."COLOR",
        desired."PO NUMBER",
        desired."CUSTOMER ALT PO",
        desired."PLANNED DELIVERY METHOD",
        desired."DESTINATION"
    from {{ ref('stg_mon_custmasterschedule') }} as desired
    left join live
        on {{ exact('desired.ORDER_KEY') }} = {{ exact('live.ORDER_KEY') }}
    where
        desired.CHANGE_TYPE = 'CREATE'
        and live.ORDER_KEY is null
),

staged_quantities as (
    select
        {{ exact('ORDER_KEY') }} as ORDER_KEY,
        cast(sum(ORDER_QTY) as bigint) as QTY
    from {{ ref('stg_mon_custmasterschedule_subitems') }}
    group by {{ exact('ORDER_KEY') }}
),

items as (
    select
        {{ exact('cast(null as nvarchar(255))') }} as ORDER_KEY,
        board.ITEM_ID,
        {{ match_text('board.CELL_KEY') }} as N_KEY,
        {{ match_text('board."AAG ORDER NUMBER"') }} as N_NUMBER,
        {{ match_text('board."STYLE"') }} as N_STYLE,
        {{ match_text('board."COLOR"') }} as N_COLOR,
        {{ match_text('board.ITEM_NAME') }} as N_NAME,
        coalesce({{ match_text('board."PO NUMBER"') }}, '') as PO,
        coalesce({{ match_text('board."CUSTOMER ALT PO"') }}, '') as ALT_PO,
        coalesce({{ match_text('board."PLANNED DELIVERY METHOD"') }}, '') as DELIVERY,
        coalesce({{ match_text('board."DESTINATION"') }}, '') as DESTINATION,
        coalesce(board_quantities.QTY, 0) as QTY,
        case
            when board.BY_ID = 0 then null
            when board.ORDER_STATE = 'LIVE' then 'KNOWN'
            when staged.ORDER_KEY is null then 'ARCHIVED'
            else 'ID'
        end as MATCHED_BY,
        case when board.BY_ID = 1 then board.ORDER_KEY end as PAIRED_ORDER
    from board
    left join board_quantities
        on board.ITEM_ID = board_quantities.ITEM_ID
    left join staged
        on {{ exact('board.ORDER_KEY') }} = {{ exact('staged.ORDER_KEY') }}
),

orders as (
    select
        staged.ORDER_KEY,
        cast(null as bigint) as ITEM_ID,
        {{ match_text('staged.ORDER_KEY') }} as N_KEY,
        {{ match_text('staged."AAG ORDER NUMBER"') }} as N_NUMBER,
        {{ match_text('staged."STYLE"') }} as N_STYLE,
        {{ match_text('staged."COLOR"') }} as N_COLOR,
        {{ match_text('staged.ITEM_NAME') }} as N_NAME,
        coalesce({{ match_text('staged."PO NUMBER"') }}, '') as PO,
        coalesce({{ match_text('staged."CUSTOMER ALT PO"') }}, '') as ALT_PO,
        coalesce({{ match_text('staged."PLANNED DELIVERY METHOD"') }}, '') as DELIVERY,
        coalesce({{ match_text('staged."DESTINATION"') }}, '') as DESTINATION,
        coalesce(staged_quantities.QTY, 0) as QTY,
        case when by_id.ITEM_ID is null then null else 'ID' end as MATCHED_BY,
        case when by_id.ITEM_ID is null then null else staged.ORDER_KEY end as PAIRED_ORDER
    from staged
    left join staged_quantities
        on {{ exact('staged.ORDER_KEY') }} = {{ exact('staged_quantities.ORDER_KEY') }}
    left join board as by_id
        on
            by_id.BY_ID = 1
            and {{ exact('staged.ORDER_KEY') }} = {{ exact('by_id.ORDER_KEY') }}
),

{# Both sides in one table, so that a rule counts them by windows. -#}
sides as (
    select
        items.*,
        cast(null as bigint) as DOUBT_ID,
        cast(null as bigint) as DOUBT_ORDERS,
        cast(null as bigint) as DOUBT_ITEMS
    from items

    union all

    select
        orders.*,
        cast(null as bigint) as DOUBT_ID,
        cast(null as bigint) as DOUBT_ORDERS,
        cast(null as bigint) as DOUBT_ITEMS
    from orders
),

{# An order and an item belong together at the first level at which each is the other's only match; what a rule leads to
   one another without saying which belongs to which is in doubt, and no later rule decides it. Levels only ever split a
   group, so what one pairs can't change the counts of another. Each step reads the one before once, for SQL Server writes
   it out wherever it is read. -#}
{% for rule in rules %}
{%- set step = rule.name | lower %}
{%- set before = loop.previtem.name | lower ~ '_done' if loop.previtem is defined else 'sides' %}
{%- set refinements = levels[:1] if rule.name == 'KEY' else levels %}
{{ step }}_open as (
    select
        *,
        case
            when
                MATCHED_BY is null
                {%- for column in rule.columns %}
                and {{ column }} is not null
                {%- endfor %}
                and (ITEM_ID is null or {{ rule.is_open }})
                then 1
            else 0
        end as IS_OPEN
    from {{ before }}
),

{{ step }}_counted as (
    select
        {%- for level in refinements %}
        {%- set alike = 'partition by IS_OPEN, ' ~ (rule.columns + level) | join(', ') %}
        count(ORDER_KEY) over ({{ alike }}) as ORDERS_{{ loop.index0 }},
        count(ITEM_ID) over ({{ alike }}) as ITEMS_{{ loop.index0 }},
        max(ORDER_KEY) over ({{ alike }}) as ORDER_{{ loop.index0 }},
        {%- endfor %}
        *
    from {{ step }}_open
),

{{ step }}_paired as (
    select
        *,
        case
            when IS_OPEN = 0 then null
            {%- for level in refinements %}
            when ORDERS_{{ loop.index0 }} = 1 and ITEMS_{{ loop.index0 }} = 1 then ORDER_{{ loop.index0 }}
            {%- endfor %}
        end as FOUND_ORDER
    from {{ step }}_counted
),

{{ step }}_doubted as (
    select
        {%- set alike = 'partition by IS_OPEN, case when FOUND_ORDER is null then 0 else 1 end, ' ~ rule.columns | join(', ') %}
        *,
        count(ORDER_KEY) over ({{ alike }}) as OPEN_ORDERS,
        count(ITEM_ID) over ({{ alike }}) as OPEN_ITEMS,
        min(ITEM_ID) over ({{ alike }}) as FIRST_ITEM
    from {{ step }}_paired
),

{{ step }}_done as (
    select
        {%- for column in kept %}
        {{ column }},
        {%- endfor %}
        case
            when MATCHED_BY is not null then MATCHED_BY
            when FOUND_ORDER is not null or (IS_OPEN = 1 and OPEN_ORDERS > 0 and OPEN_ITEMS > 0) then '{{ rule.name }}'
        end as MATCHED_BY,
        coalesce(PAIRED_ORDER, FOUND_ORDER) as PAIRED_ORDER,
        case
            when MATCHED_BY is not null then DOUBT_ID
            when IS_OPEN = 1 and FOUND_ORDER is null and OPEN_ORDERS > 0 and OPEN_ITEMS > 0 then FIRST_ITEM
        end as DOUBT_ID,
        case when MATCHED_BY is null then OPEN_ORDERS else DOUBT_ORDERS end as DOUBT_ORDERS,
        case when MATCHED_BY is null then OPEN_ITEMS else DOUBT_ITEMS end as DOUBT_ITEMS
    from {{ step }}_doubted
),
{% endfor %}
live_keys as (
    select distinct {{ match_text('ORDER_KEY') }} as N_KEY
    from live
),

numbered as (
    select
        {{ match_text('"AAG ORDER NUMBER"') }} as N_NUMBER,
        BATCH_CUSTOMER
    from staged
),

staged_numbers as (
    select
        {{ exact('N_NUMBER') }} as N_NUMBER,
        replace({{ exact('N_NUMBER') }}, '#', '##') as KEY_BASE,
        min({{ exact('BATCH_CUSTOMER') }}) as BATCH_CUSTOMER
    from numbered
    where N_NUMBER is not null
    group by {{ exact('N_NUMBER') }}
),

unknown_items as (
    select
        ITEM_ID,
        {{ match_text('CELL_KEY') }} as N_KEY
    from board
    where
        BY_ID = 0
        and ORDER_STATE not in ('LIVE', 'OFF')
),

{# Keys of one item that the tables know no order of. Without the # of occurrence and its figures a key is the number of its
   order, in which every # is doubled. -#}
unknown_keys as (
    select
        ITEM_ID,
        N_KEY,
        count(*) over (partition by {{ exact('N_KEY') }}) as ITEMS,
        case
            when N_KEY like '%#%' and {{ place }} between 2 and 10
                then case
                    when concat(replace(translate({{ behind }}, '123456789', '000000000'), '0', ''), '|') = '|'
                        then left(N_KEY, {{ dbt.length('N_KEY') }} - {{ place }})
                    else N_KEY
                end
            else N_KEY
        end as SHORT_KEY
    from unknown_items
    where {{ utf16_length('N_KEY') }} <= 255
),

possible_numbers as (
    select
        ITEM_ID,
        N_KEY,
        {{ exact('N_KEY') }} as KEY_BASE
    from unknown_keys
    where ITEMS = 1

    union

    select
        ITEM_ID,
        N_KEY,
        {{ exact('SHORT_KEY') }} as KEY_BASE
    from unknown_keys
    where ITEMS = 1
),

{# Without the tables a build may have given the keys of a number in another sequence than the board has them. So all items of
   the number are taken over, each under its own key, and the next build can tell by their values which row is whose. -#}
own_keys as (
    select
        possible_numbers.ITEM_ID,
        possible_numbers.N_KEY,
        staged_numbers.BATCH_CUSTOMER
    from possible_numbers
    inner join staged_numbers
        on {{ exact('possible_numbers.KEY_BASE') }} = {{ exact('staged_numbers.KEY_BASE') }}
),

matched as (
    select
        case when found.ITEM_ID is null then concat('order ', found.ORDER_KEY) else concat('item ', found.ITEM_ID) end as PARTY,
        found.ITEM_ID,
        case
            when found.ITEM_ID is null then found.ORDER_KEY
            when found.DOUBT_ID is null then coalesce(found.PAIRED_ORDER, case when found.MATCHED_BY is null and live_keys.N_KEY is null then own_keys.N_KEY end)
        end as ORDER_KEY,
        case
            when found.MATCHED_BY is null and live_keys.N_KEY is null and own_keys.ITEM_ID is not null then 'OWN_KEY'
            else found.MATCHED_BY
        end as MATCHED_BY,
        found.DOUBT_ID,
        case when found.DOUBT_ID is not null then found.DOUBT_ORDERS end as DOUBT_ORDERS,
        case when found.DOUBT_ID is not null then found.DOUBT_ITEMS end as DOUBT_ITEMS,
        case
            when found.DOUBT_ID is not null then null
            when found.MATCHED_BY = 'ARCHIVED' then 'ARCHIVED'
            when found.MATCHED_BY is not null then null
            when found.ITEM_ID is null then 'NO_ITEM'
            when live_keys.N_KEY is not null then 'SECOND'
            when own_keys.ITEM_ID is not null then null
            when found.N_KEY is not null then 'OTHER_KEY'
            when staged_numbers.N_NUMBER is not null then 'SAME_NUMBER'
            else 'NOTHING'
        end as REASON,
        found.QTY,
        own_keys.BATCH_CUSTOMER
    from {{ 'name_done' }} as found
    left join live_keys
        on {{ exact('found.N_KEY') }} = {{ exact('live_keys.N_KEY') }}
    left join staged_numbers
        on {{ exact('found.N_NUMBER') }} = {{ exact('staged_numbers.N_NUMBER') }}
    left join own_keys
        on found.ITEM_ID = own_keys.ITEM_ID
)

select
    {{ exact('cast(matched.PARTY as nvarchar(300))') }} as PARTY,
    matched.ITEM_ID,
    cast(matched.ORDER_KEY as nvarchar(255)) as ORDER_KEY,
    cast(matched.MATCHED_BY as nvarchar(20)) as MATCHED_BY,
    matched.DOUBT_ID,
    matched.DOUBT_ORDERS,
    matched.DOUBT_ITEMS,
    cast(matched.REASON as nvarchar(20)) as REASON,
    {{ exact('coalesce(board.ITEM_NAME, staged.ITEM_NAME)') }} as ITEM_NAME,
    board.CELL_KEY,
    {{ exact('coalesce(staged.BATCH_CUSTOMER, matched.BATCH_CUSTOMER)') }} as BATCH_CUSTOMER,
    matched.QTY
from matched
left join board
    on matched.ITEM_ID = board.ITEM_ID
left join staged
    on {{ exact('matched.ORDER_KEY') }} = {{ exact('staged.ORDER_KEY') }}
where
    matched.ITEM_ID is not null
    or matched.MATCHED_BY is null
    or matched.DOUBT_ID is not null
