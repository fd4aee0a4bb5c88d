with

orders as (
    select * from {{ ref('int_orders__named') }}
),

shared_numbers as (
    select {{ exact('KEY_BASE') }} as KEY_BASE
    from orders
    where KEY_BASE is not null
    group by {{ exact('KEY_BASE') }}
    having count(*) > 1
),

sharing_orders as (
    select orders.*
    from orders
    inner join shared_numbers
        on {{ exact('orders.KEY_BASE') }} = {{ exact('shared_numbers.KEY_BASE') }}
),

size_lists as (
    select
        sizes.SOURCE_ROW,
        {{ texts_in_order(
            "concat(sizes.SIZE_COLUMN, '=', " ~ integer_to_text('sizes.ORDER_QTY') ~ ")", 'sizes.SIZE_COLUMN'
        ) }} as SIZE_LIST
    from {{ ref('int_order_sizes') }} as sizes
    inner join sharing_orders
        on sizes.SOURCE_ROW = sharing_orders.SOURCE_ROW
    group by sizes.SOURCE_ROW
),

numbered as (
    select
        sharing_orders.SOURCE_ROW,
        row_number() over (
            partition by {{ exact('sharing_orders.KEY_BASE') }}
            order by
                case when sharing_orders.REASONS is null then 0 else 1 end,
                {{ upper_text("coalesce(details.\"STYLE\", '')") }},
                {{ upper_text("coalesce(details.\"COLOR\", '')") }},
                {{ upper_text("coalesce(details.\"PO NUMBER\", '')") }},
                {{ upper_text("coalesce(details.\"CUSTOMER ALT PO\", '')") }},
                {{ upper_text("coalesce(details.\"PLANNED DELIVERY METHOD\", '')") }},
                {{ upper_text("coalesce(details.\"DESTINATION\", '')") }},
                coalesce(cast(details."TOTAL QTY" as bigint), -9223372036854775807),
                sharing_orders.ROW_HASH,
                {{ exact("coalesce(size_lists.SIZE_LIST, '')") }}
        ) as OCCURRENCE
    from sharing_orders
    inner join {{ ref('stg_erp__orders') }} as details
        on sharing_orders.SOURCE_ROW = details.SOURCE_ROW
    left join size_lists
        on sharing_orders.SOURCE_ROW = size_lists.SOURCE_ROW
),

keyed as (
    select
        {{ computed_once() }}
        orders.*,
        case
            when numbered.OCCURRENCE > 1
                then concat(orders.KEY_BASE, '#', {{ integer_to_text('numbered.OCCURRENCE') }})
            else orders.KEY_BASE
        end as LONG_KEY
    from orders
    left join numbered
        on orders.SOURCE_ROW = numbered.SOURCE_ROW
),

judged as (
    select
        SOURCE_ROW,
        case when {{ utf16_length('LONG_KEY') }} <= 255 then {{ short_text('LONG_KEY', 255) }} end as ORDER_KEY,
        BATCH_CUSTOMER,
        SOURCE_CUSTOMER,
        ITEM_NAME,
        GROUP_NAME,
        ROW_HASH,
        case
            when {{ utf16_length('LONG_KEY') }} > 255
                then concat(REASONS, '; The key made of the AAG ORDER NUMBER is longer than 255 characters.')
            else REASONS
        end as REASONS,
        IS_IN_SCOPE,
        IS_CANCELLED
    from keyed
),

qualified as (
    select
        SOURCE_ROW,
        ORDER_KEY,
        BATCH_CUSTOMER,
        SOURCE_CUSTOMER,
        ITEM_NAME,
        GROUP_NAME,
        ROW_HASH,
        substring(REASONS, 3, 4000) as REASONS,
        case when REASONS is null then 1 else 0 end as IS_QUALIFIED,
        IS_IN_SCOPE,
        IS_CANCELLED
    from judged
)

select * from qualified
