{% set hashed = hashed_fields() %}

with

desired as (
    select *
    from {{ ref('int_orders__keyed') }}
    where
        IS_QUALIFIED = 1
        and IS_IN_SCOPE = 1
),

confirmed as (
    select
        {{ exact('ORDER_KEY') }} as ORDER_KEY,
        {{ exact("coalesce(BATCH_CUSTOMER, 'UNKNOWN CUSTOMER')") }} as BATCH_CUSTOMER,
        {{ exact('SOURCE_CUSTOMER') }} as SOURCE_CUSTOMER,
        {{ exact('ITEM_NAME') }} as ITEM_NAME,
        {{ exact('GROUP_NAME') }} as GROUP_NAME,
        {{ exact('ROW_HASH') }} as ROW_HASH,
        MONDAY_ITEM_ID
    from {{ source('monday', 'MON_CustMasterSchedule') }}
    where
        MONDAY_ITEM_ID is not null
        and ARCHIVED_AT is null
),

failures as (
    {{ failures(source('monday', 'ERR_MON_CustMasterSchedule'), ['ORDER_KEY']) | indent(4) }}
),

cells as (
    {{ cells_left_out(source('monday', 'ERR_MON_CustMasterSchedule'), ['ORDER_KEY']) | indent(4) }}
),

paired as (
    select
        desired.ORDER_KEY,
        desired.SOURCE_ROW,
        confirmed.MONDAY_ITEM_ID,
        desired.BATCH_CUSTOMER,
        desired.SOURCE_CUSTOMER,
        desired.ITEM_NAME,
        desired.GROUP_NAME,
        {{ exact('desired.ROW_HASH') }} as ROW_HASH,
        {{ exact('confirmed.ROW_HASH') }} as CONFIRMED_HASH,
        coalesce(cells.IS_DUE, 0) as HAS_DUE_CELLS,
        desired.IS_CANCELLED
    from desired
    left join confirmed
        on {{ exact('desired.ORDER_KEY') }} = {{ exact('confirmed.ORDER_KEY') }}
    left join cells
        on {{ exact('desired.ORDER_KEY') }} = {{ exact('cells.ORDER_KEY') }}
),

{# Values decide, not hashes: the mapping may have changed what is hashed, and nothing that the board is to show. -#}
present as (
    select
        {{ computed_once() }}
        paired.*,
        case
            when orders.SOURCE_ROW is null then '[]'
            when paired.CONFIRMED_HASH is null then {{ text_literal(tojson(hashed | map(attribute='name') | list) | replace('", "', '","')) }}
            else concat('[', substring(concat(
                ''
                {#- Names that were made (no field has them) stand beside the orders. #}
                {%- for field in hashed %}
                {%- set value = ('orders.' if field.source else 'paired.') ~ field.quoted %},
                case
                    when {{ values_differ(value, 'confirmed.' ~ field.quoted, field.type) }}
                        then {{ text_literal(',' ~ tojson(field.name)) }}
                    else ''
                end
                {%- endfor %}
            ), 2, 8000), ']')
        end as DIFFERING_COLUMNS
    from paired
    left join {{ ref('stg_erp__orders') }} as orders
        on
            paired.SOURCE_ROW = orders.SOURCE_ROW
            and paired.MONDAY_ITEM_ID is not null
            and (
                paired.CONFIRMED_HASH is null
                or paired.CONFIRMED_HASH <> paired.ROW_HASH
                or paired.HAS_DUE_CELLS = 1
            )
    left join {{ source('monday', 'MON_CustMasterSchedule') }} as confirmed
        on
            orders.SOURCE_ROW is not null
            and {{ exact('paired.ORDER_KEY') }} = {{ exact('confirmed.ORDER_KEY') }}
),

leaving as (
    select
        confirmed.ORDER_KEY,
        cast(null as bigint) as SOURCE_ROW,
        'ARCHIVE' as CHANGE_TYPE,
        cast(null as nvarchar(4000)) as CHANGED_COLUMNS,
        confirmed.MONDAY_ITEM_ID,
        confirmed.BATCH_CUSTOMER,
        confirmed.SOURCE_CUSTOMER,
        confirmed.ITEM_NAME,
        confirmed.GROUP_NAME,
        {{ exact("coalesce(confirmed.ROW_HASH, '')") }} as ROW_HASH,
        {{ exact('cast(null as nvarchar(64))') }} as CONFIRMED_HASH,
        0 as IS_CANCELLED
    from confirmed
    inner join {{ ref('int_removals') }} as removals
        on {{ exact('confirmed.ORDER_KEY') }} = {{ exact('removals.ORDER_KEY') }}
    where removals.IS_REMOVED = 1
),

all_orders as (
    select
        ORDER_KEY,
        SOURCE_ROW,
        case
            when MONDAY_ITEM_ID is null then 'CREATE'
            when DIFFERING_COLUMNS <> '[]' then 'UPDATE'
        end as CHANGE_TYPE,
        nullif(DIFFERING_COLUMNS, '[]') as CHANGED_COLUMNS,
        MONDAY_ITEM_ID,
        BATCH_CUSTOMER,
        SOURCE_CUSTOMER,
        ITEM_NAME,
        GROUP_NAME,
        ROW_HASH,
        CONFIRMED_HASH,
        IS_CANCELLED
    from present

    union all

    select * from leaving
),

compared as (
    select
        all_orders.*,
        coalesce(failures.ATTEMPTS, 0) as ATTEMPTS,
        case when renumbered.ORDER_KEY is null then coalesce(failures.IS_BLOCKED, 0) else 1 end as IS_BLOCKED
    from all_orders
    left join failures
        on
            {{ exact('all_orders.ORDER_KEY') }} = {{ exact('failures.ORDER_KEY') }}
            and {{ exact('all_orders.ROW_HASH') }} = {{ exact('failures.ROW_HASH') }}
    left join {{ ref('int_renumbered') }} as renumbered
        on {{ exact('all_orders.ORDER_KEY') }} = {{ exact('renumbered.ORDER_KEY') }}
)

select * from compared
