{# UTC build time, six digits of the invocation, and behind them the number of the customer. -#}
{% set build = run_started_at.astimezone(modules.pytz.utc).strftime('%Y%m%dT%H%M%S') ~ '-' ~ invocation_id[:6] ~ '-' %}

with

orders as (
    select
        ORDER_KEY,
        BATCH_CUSTOMER,
        case when CHANGE_TYPE is not null and IS_BLOCKED = 0 then 1 else 0 end as IS_STAGED
    from {{ ref('int_orders__compared') }}
),

staged_sizes as (
    select sizes.ORDER_KEY
    from {{ ref('int_order_sizes__compared') }} as sizes
    left join {{ ref('int_falling_sizes') }} as falling
        on
            {{ exact('sizes.ORDER_KEY') }} = {{ exact('falling.ORDER_KEY') }}
            and {{ exact('sizes.SIZE_LABEL') }} = {{ exact('falling.SIZE_LABEL') }}
    where
        sizes.IS_BLOCKED = 0
        and coalesce(falling.IS_HELD, 0) = 0
    group by sizes.ORDER_KEY
),

customers as (
    select {{ exact('orders.BATCH_CUSTOMER') }} as BATCH_CUSTOMER
    from orders
    left join staged_sizes
        on {{ exact('orders.ORDER_KEY') }} = {{ exact('staged_sizes.ORDER_KEY') }}
    where
        orders.IS_STAGED = 1
        or staged_sizes.ORDER_KEY is not null
    group by {{ exact('orders.BATCH_CUSTOMER') }}
),

numbered as (
    select
        BATCH_CUSTOMER,
        row_number() over (order by {{ exact('BATCH_CUSTOMER') }}) as BATCH_NUMBER
    from customers
),

batches as (
    select
        BATCH_CUSTOMER,
        concat(
            {{ text_literal(build) }},
            case when BATCH_NUMBER < 10 then '00' when BATCH_NUMBER < 100 then '0' else '' end,
            BATCH_NUMBER
        ) as BATCH_ID
    from numbered
)

select * from batches
