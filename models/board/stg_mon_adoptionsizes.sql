with

pairs as (
    select
        ITEM_ID,
        ORDER_KEY,
        MATCHED_BY
    from {{ ref('stg_mon_adoption') }}
    where
        ITEM_ID is not null
        and ORDER_KEY is not null
        and MATCHED_BY <> 'ARCHIVED'
),

confirmed as (
    select
        {{ exact('ORDER_KEY') }} as ORDER_KEY,
        {{ exact('SIZE_LABEL') }} as SIZE_LABEL,
        {{ upper_text('SIZE_LABEL') }} as FOLDED_LABEL,
        MONDAY_SUBITEM_ID,
        MONDAY_PARENT_ITEM_ID
    from {{ source('monday', 'MON_CustMasterSchedule_Subitems') }}
    where MONDAY_SUBITEM_ID is not null
),

confirmed_labels as (
    select distinct
        ORDER_KEY,
        FOLDED_LABEL,
        MONDAY_PARENT_ITEM_ID
    from confirmed
),

staged as (
    select
        {{ exact('ORDER_KEY') }} as ORDER_KEY,
        {{ upper_text('SIZE_LABEL') }} as FOLDED_LABEL,
        min({{ exact('SIZE_LABEL') }}) as SIZE_LABEL
    from {{ ref('stg_mon_custmasterschedule_subitems') }}
    where CHANGE_TYPE = 'CREATE'
    group by {{ exact('ORDER_KEY') }}, {{ upper_text('SIZE_LABEL') }}
),

{# A subitem that the tables know already only lacks its label, if anything. -#}
subitems as (
    select
        pairs.ORDER_KEY,
        pairs.MATCHED_BY,
        sizes.SUBITEM_ID,
        sizes.ITEM_ID,
        sizes.BOARD_ID,
        sizes.CELL_LABEL,
        {{ upper_text('sizes.CELL_LABEL') }} as FOLDED_LABEL,
        sizes.IS_LABELLED,
        case when sizes.QUANTITY = floor(sizes.QUANTITY) then cast(sizes.QUANTITY as bigint) end as QTY,
        confirmed.SIZE_LABEL as CONFIRMED_LABEL,
        confirmed.ORDER_KEY as CONFIRMED_ORDER
    from {{ ref('stg_mon_boardsizes') }} as sizes
    left join pairs
        on sizes.ITEM_ID = pairs.ITEM_ID
    left join confirmed
        on sizes.SUBITEM_ID = confirmed.MONDAY_SUBITEM_ID
    where sizes.CELL_LABEL is not null
),

{# Of a known item only sizes that would be made again count; an item just taken over brings every size it has: one that the
   order no longer wants has to fall to 0. -#}
taken as (
    select
        subitems.*,
        staged.SIZE_LABEL as STAGED_LABEL
    from subitems
    left join staged
        on
            {{ exact('subitems.ORDER_KEY') }} = {{ exact('staged.ORDER_KEY') }}
            and {{ exact('subitems.FOLDED_LABEL') }} = {{ exact('staged.FOLDED_LABEL') }}
    left join confirmed_labels
        on
            {{ exact('subitems.ORDER_KEY') }} = {{ exact('confirmed_labels.ORDER_KEY') }}
            and {{ exact('subitems.FOLDED_LABEL') }} = {{ exact('confirmed_labels.FOLDED_LABEL') }}
            and subitems.ITEM_ID = confirmed_labels.MONDAY_PARENT_ITEM_ID
    where
        subitems.ORDER_KEY is not null
        and subitems.CONFIRMED_LABEL is null
        and confirmed_labels.ORDER_KEY is null
        and (subitems.MATCHED_BY <> 'KNOWN' or staged.SIZE_LABEL is not null)
),

placed as (
    select
        taken.*,
        row_number() over (partition by taken.ITEM_ID, {{ exact('taken.FOLDED_LABEL') }} order by taken.SUBITEM_ID) as PLACE,
        count(*) over (partition by taken.ITEM_ID, {{ exact('taken.FOLDED_LABEL') }}) as TWINS
    from taken
)

select
    SUBITEM_ID,
    ITEM_ID,
    BOARD_ID,
    ORDER_KEY,
    cast({{ exact('coalesce(STAGED_LABEL, CELL_LABEL)') }} as nvarchar(100)) as SIZE_LABEL,
    case when STAGED_LABEL is null then coalesce(QTY, 0) else QTY end as ORDER_QTY,
    IS_LABELLED,
    cast(TWINS as int) as TWINS,
    1 as IS_NEW
from placed
where PLACE = 1

union all

select
    SUBITEM_ID,
    ITEM_ID,
    BOARD_ID,
    CONFIRMED_ORDER as ORDER_KEY,
    cast(CONFIRMED_LABEL as nvarchar(100)) as SIZE_LABEL,
    QTY as ORDER_QTY,
    IS_LABELLED,
    1 as TWINS,
    0 as IS_NEW
from subitems
where
    CONFIRMED_LABEL is not null
    and IS_LABELLED = 0
