{# The figures behind a key's # of occurrence, or an empty text. Every # of the number itself is doubled, so that one is left where
   pairs are taken away. -#}
{% set place_of_occurrence = dbt.position("'#'", "reverse(replace(ORDER_KEY, '##', '__'))") | replace('CHARINDEX', 'charindex') %}
{% set behind = "right(ORDER_KEY, " ~ place_of_occurrence ~ " - 1)" %}
{% set number_of_key = "case when keyed.OCCURRENCE_TEXT = '' then keyed.ORDER_KEY else left(keyed.ORDER_KEY, "
    ~ dbt.length('keyed.ORDER_KEY') ~ " - " ~ dbt.length('keyed.OCCURRENCE_TEXT') ~ " - 1) end" %}

with

{# The orders that the source had at the build before. -#}
orders_before as (
    select
        {{ exact('ORDER_KEY') }} as ORDER_KEY,
        {{ exact('ROW_HASH') }} as ROW_HASH,
        "TOTAL QTY" as QUANTITY
    from {{ ref('int_orders__before') }}
),

{# Besides confirmed orders: an item may be in the making, or its making was refused; or the build before gave the key. -#}
all_keys as (
    select
        {{ exact('ORDER_KEY') }} as ORDER_KEY,
        case when ARCHIVED_AT is null then 1 else 2 end as POOL,
        1 as PREFERENCE,
        {{ exact('ROW_HASH') }} as ROW_HASH,
        MONDAY_ITEM_ID,
        cast("TOTAL QTY" as bigint) as QUANTITY
    from {{ source('monday', 'MON_CustMasterSchedule') }}

    union all

    select
        {{ exact('requested.ORDER_KEY') }} as ORDER_KEY,
        3 as POOL,
        2 as PREFERENCE,
        {{ exact('requested.ROW_HASH') }} as ROW_HASH,
        cast(null as bigint) as MONDAY_ITEM_ID,
        cast(null as bigint) as QUANTITY
    from {{ source('monday', 'MON_ApiRequestRows') }} as requested
    inner join {{ source('monday', 'MON_RowClaims') }} as claims
        on
            requested.REQUEST_ID = claims.REQUEST_ID
            and {{ exact('requested.ROW_KEY') }} = {{ exact('claims.ROW_KEY') }}
    where
        requested.LEVEL = 'ITEM'
        and claims.LEVEL = 'ITEM'

    union all

    select
        {{ exact('ORDER_KEY') }} as ORDER_KEY,
        3 as POOL,
        3 as PREFERENCE,
        {{ exact('ROW_HASH') }} as ROW_HASH,
        cast(null as bigint) as MONDAY_ITEM_ID,
        cast(null as bigint) as QUANTITY
    from {{ source('monday', 'ERR_MON_CustMasterSchedule') }}
    where RESOLVED_AT is null
    {%- if var('orders_scope') or var('received_from') %}

    union all

    select
        ORDER_KEY,
        5 as POOL,
        4 as PREFERENCE,
        ROW_HASH,
        cast(null as bigint) as MONDAY_ITEM_ID,
        cast(null as bigint) as QUANTITY
    from orders_before
    {%- endif %}
),

ranked as (
    select
        ORDER_KEY,
        POOL,
        ROW_HASH,
        MONDAY_ITEM_ID,
        QUANTITY,
        row_number() over (partition by ORDER_KEY order by PREFERENCE, ROW_HASH) as PLACE
    from all_keys
),

keyed as (
    select
        {{ computed_once() }}
        ORDER_KEY,
        POOL,
        ROW_HASH,
        MONDAY_ITEM_ID,
        QUANTITY,
        case
            when ORDER_KEY like '%#%' and {{ place_of_occurrence }} between 2 and 10
                then case
                    when concat(replace(translate({{ behind }}, '123456789', '000000000'), '0', ''), '|') = '|' then {{ behind }}
                    else ''
                end
            else ''
        end as OCCURRENCE_TEXT
    from ranked
    where PLACE = 1
),

{# The quantity that the build before read comes first: that of the board is as old as the last change of the item. -#}
known as (
    select
        keyed.ORDER_KEY,
        {{ short_text(match_text(number_of_key), 300) }} as KEY_BASE,
        cast(case when keyed.OCCURRENCE_TEXT = '' then '1' else keyed.OCCURRENCE_TEXT end as bigint) as OCCURRENCE,
        keyed.POOL,
        keyed.ROW_HASH,
        keyed.MONDAY_ITEM_ID,
        orders_before.ROW_HASH as HASH_BEFORE,
        coalesce(orders_before.QUANTITY, keyed.QUANTITY) as QUANTITY,
        case when orders_before.ORDER_KEY is null then 0 else 1 end as WAS_BEFORE
    from keyed
    left join orders_before
        on keyed.ORDER_KEY = orders_before.ORDER_KEY
)

select * from known
