{# Size M is M. -#}
{% set name = trim_text('subitems.SUBITEM_NAME') %}
{% set label_in_name = "case when " ~ upper_text('left(' ~ name ~ ', 5)') ~ " = 'SIZE ' then nullif(ltrim(substring(" ~ name ~ ", 6, 255)), '') end" %}

with

{# Subitems, the label read from the name where the Size column is blank. -#}
subitems as (
    select
        {{ exact('subitems.PULL_ID') }} as PULL_ID,
        subitems.SUBITEM_ID,
        subitems.ITEM_ID,
        subitems.BOARD_ID,
        {{ exact('subitems.SUBITEM_NAME') }} as SUBITEM_NAME,
        {{ short_text('coalesce(' ~ exact('subitems.SIZE_LABEL') ~ ', ' ~ exact(label_in_name) ~ ')', 100) }} as CELL_LABEL,
        case when subitems.SIZE_LABEL is null then 0 else 1 end as IS_LABELLED,
        {{ exact('subitems.ORDER_QTY') }} as CELL_QTY,
        {{ cell_value('subitems.ORDER_QTY', 'numbers') }} as QUANTITY,
        subitems.ADDRESS,
        subitems.OTHER_CELLS,
        case when orders.PLACE = 1 and orders.ORDER_STATE <> 'NONE' then orders.ORDER_KEY end as ORDER_KEY,
        orders.BY_ID as PARENT_BY_ID
    from {{ source('monday', 'MON_BoardSubitems') }} as subitems
    inner join {{ ref('stg_mon_boardorders') }} as orders
        on
            subitems.ITEM_ID = orders.ITEM_ID
            and {{ exact('subitems.PULL_ID') }} = {{ exact('orders.PULL_ID') }}
    where subitems.STATE = 'active'
),

confirmed as (
    select
        {{ exact('ORDER_KEY') }} as ORDER_KEY,
        {{ exact('SIZE_LABEL') }} as SIZE_LABEL,
        {{ upper_text('SIZE_LABEL') }} as FOLDED_LABEL,
        MONDAY_SUBITEM_ID,
        MONDAY_PARENT_ITEM_ID
    from {{ source('monday', 'MON_CustMasterSchedule_Subitems') }}
),

{# Two spellings of a size may be confirmed; one stands for it. -#}
confirmed_labels as (
    select
        ORDER_KEY,
        FOLDED_LABEL,
        min(SIZE_LABEL) as SIZE_LABEL
    from confirmed
    group by ORDER_KEY, FOLDED_LABEL
),

staged_labels as (
    select
        {{ exact('ORDER_KEY') }} as ORDER_KEY,
        {{ upper_text('SIZE_LABEL') }} as FOLDED_LABEL,
        min({{ exact('SIZE_LABEL') }}) as SIZE_LABEL
    from {{ ref('stg_mon_custmasterschedule_subitems') }}
    group by {{ exact('ORDER_KEY') }}, {{ upper_text('SIZE_LABEL') }}
),

identified as (
    select
        subitems.*,
        {{ upper_text('subitems.CELL_LABEL') }} as FOLDED_LABEL,
        by_id.SIZE_LABEL as KNOWN_LABEL
    from subitems
    left join confirmed as by_id
        on
            subitems.SUBITEM_ID = by_id.MONDAY_SUBITEM_ID
            and subitems.ITEM_ID = by_id.MONDAY_PARENT_ITEM_ID
            and {{ exact('subitems.ORDER_KEY') }} = {{ exact('by_id.ORDER_KEY') }}
),

named as (
    select
        identified.*,
        case when identified.KNOWN_LABEL is null then 0 else 1 end as BY_ID,
        case when staged_labels.SIZE_LABEL is null then 0 else 1 end as IS_STAGED,
        case
            when identified.ORDER_KEY is not null
                then {{ exact('coalesce(identified.KNOWN_LABEL, confirmed_labels.SIZE_LABEL, staged_labels.SIZE_LABEL, identified.FOLDED_LABEL)') }}
        end as SIZE_LABEL
    from identified
    left join confirmed_labels
        on
            {{ exact('identified.ORDER_KEY') }} = {{ exact('confirmed_labels.ORDER_KEY') }}
            and {{ exact('identified.FOLDED_LABEL') }} = {{ exact('confirmed_labels.FOLDED_LABEL') }}
    left join staged_labels
        on
            {{ exact('identified.ORDER_KEY') }} = {{ exact('staged_labels.ORDER_KEY') }}
            and {{ exact('identified.FOLDED_LABEL') }} = {{ exact('staged_labels.FOLDED_LABEL') }}
),

placed as (
    select
        named.SUBITEM_ID,
        named.ITEM_ID,
        named.BOARD_ID,
        named.ORDER_KEY,
        cast(named.SIZE_LABEL as nvarchar(100)) as SIZE_LABEL,
        named.CELL_LABEL,
        named.IS_LABELLED,
        named.SUBITEM_NAME,
        named.CELL_QTY,
        named.QUANTITY,
        named.PARENT_BY_ID,
        named.BY_ID,
        cast(case
            when named.SIZE_LABEL is null then 1
            else row_number() over (
                partition by {{ exact('named.ORDER_KEY') }}, {{ exact('named.SIZE_LABEL') }}
                order by named.BY_ID desc, named.SUBITEM_ID
            )
        end as int) as PLACE,
        case
            when confirmed.MONDAY_SUBITEM_ID is not null and confirmed.MONDAY_PARENT_ITEM_ID = named.ITEM_ID then 'LIVE'
            when confirmed.ORDER_KEY is not null then 'OFF'
            when named.IS_STAGED = 1 then 'STAGED'
            else 'NONE'
        end as SIZE_STATE,
        named.ADDRESS,
        named.OTHER_CELLS
    from named
    left join confirmed
        on
            {{ exact('named.ORDER_KEY') }} = {{ exact('confirmed.ORDER_KEY') }}
            and {{ exact('named.SIZE_LABEL') }} = {{ exact('confirmed.SIZE_LABEL') }}
)

select * from placed
