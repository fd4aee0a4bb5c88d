with

confirmed_orders as (
    select
        {{ exact('ORDER_KEY') }} as ORDER_KEY,
        {{ exact("coalesce(BATCH_CUSTOMER, 'UNKNOWN CUSTOMER')") }} as BATCH_CUSTOMER,
        {{ exact(upper_text(short_text('"AAG ORDER NUMBER"', 255))) }} as ORDER_NUMBER
    from {{ source('monday', 'MON_CustMasterSchedule') }}
    where
        MONDAY_ITEM_ID is not null
        and ARCHIVED_AT is null
),

present_orders as (
    select
        ORDER_KEY,
        IS_IN_SCOPE
    from {{ ref('int_orders__keyed') }}
    where ORDER_KEY is not null
),

{# Among copies that are rejected there may be an order that is alike to another: nobody can say that it left. -#}
copied_numbers as (
    select distinct {{ exact('ORDER_NUMBER') }} as ORDER_NUMBER
    from {{ ref('int_copies') }}
    where IS_REJECTED = 1
),

present_total as (
    select count(*) as PRESENT_ORDERS
    from present_orders
),

marked as (
    select
        confirmed_orders.ORDER_KEY,
        confirmed_orders.BATCH_CUSTOMER,
        case when present_orders.ORDER_KEY is null and copied_numbers.ORDER_NUMBER is null then 1 else 0 end as IS_LEAVING
    from confirmed_orders
    left join present_orders
        on {{ exact('confirmed_orders.ORDER_KEY') }} = {{ exact('present_orders.ORDER_KEY') }}
    left join copied_numbers
        on {{ exact('confirmed_orders.ORDER_NUMBER') }} = {{ exact('copied_numbers.ORDER_NUMBER') }}
    where coalesce(present_orders.IS_IN_SCOPE, 1) = 1
),

customers as (
    select
        {{ exact('BATCH_CUSTOMER') }} as BATCH_CUSTOMER,
        cast(count(*) as bigint) as CONFIRMED_ITEMS,
        cast(sum(IS_LEAVING) as bigint) as LEAVING_ITEMS
    from marked
    group by {{ exact('BATCH_CUSTOMER') }}
),

source_total as (
    select
        cast(sum(CONFIRMED_ITEMS) as bigint) as ALL_CONFIRMED_ITEMS,
        cast(sum(LEAVING_ITEMS) as bigint) as ALL_LEAVING_ITEMS
    from customers
),

counted as (
    select
        marked.ORDER_KEY,
        marked.BATCH_CUSTOMER,
        customers.CONFIRMED_ITEMS,
        customers.LEAVING_ITEMS,
        source_total.ALL_CONFIRMED_ITEMS,
        source_total.ALL_LEAVING_ITEMS,
        case when present_total.PRESENT_ORDERS = 0 then 1 else 0 end as IS_SOURCE_EMPTY
    from marked
    inner join customers
        on {{ exact('marked.BATCH_CUSTOMER') }} = {{ exact('customers.BATCH_CUSTOMER') }}
    cross join source_total
    cross join present_total
    where marked.IS_LEAVING = 1
),

guarded as (
    select
        counted.*,
        case
            when
                counted.IS_SOURCE_EMPTY = 1
                or {{ too_many('counted.LEAVING_ITEMS', 'counted.CONFIRMED_ITEMS') }}
                or {{ too_many('counted.ALL_LEAVING_ITEMS', 'counted.ALL_CONFIRMED_ITEMS') }}
                then 1
            else 0
        end as IS_TOO_MANY
    from counted
),

judged as (
    select
        ORDER_KEY,
        BATCH_CUSTOMER,
        CONFIRMED_ITEMS,
        LEAVING_ITEMS,
        ALL_CONFIRMED_ITEMS,
        ALL_LEAVING_ITEMS,
        IS_SOURCE_EMPTY,
        {# What left the source stays on the board by default: there is nothing to hold back then. -#}
        {% if var('on_source_removal') == 'archive' -%}
        IS_TOO_MANY as IS_HELD,
        1 - IS_TOO_MANY as IS_REMOVED
        {%- else -%}
        0 as IS_HELD,
        0 as IS_REMOVED
        {%- endif %}
    from guarded
)

select * from judged
