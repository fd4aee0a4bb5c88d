with

orders as (
    select
        SOURCE_ROW,
        {{ exact(short_text('"CUSTOMER"', 255)) }} as BATCH_CUSTOMER,
        {{ exact(upper_text(short_text('"AAG ORDER NUMBER"', 255))) }} as ORDER_NUMBER,
        CELLS_HASH
    from {{ ref('stg_erp__orders') }}
    {# Rows without one of these are no orders: blank lines are alike, and mean nothing. -#}
    where
        "AAG ORDER NUMBER" is not null
        and "CUSTOMER" is not null
        and "STYLE" is not null
        and "COLOR" is not null
        and IS_CHOSEN = 1
),

{# The number besides: a fingerprint alone may be that of two different orders. -#}
alike as (
    select
        CELLS_HASH,
        ORDER_NUMBER,
        min(SOURCE_ROW) as FIRST_ROW
    from orders
    group by
        CELLS_HASH,
        ORDER_NUMBER
    having count(*) > 1
),

marked as (
    select
        orders.SOURCE_ROW,
        orders.BATCH_CUSTOMER,
        orders.ORDER_NUMBER,
        case when alike.FIRST_ROW is null then 1 else 0 end as IS_SINGLE,
        case when alike.FIRST_ROW <> orders.SOURCE_ROW then 1 else 0 end as IS_COPY
    from orders
    left join alike
        on
            orders.CELLS_HASH = alike.CELLS_HASH
            and {{ exact('orders.ORDER_NUMBER') }} = {{ exact('alike.ORDER_NUMBER') }}
),

customers as (
    select
        {{ exact('BATCH_CUSTOMER') }} as BATCH_CUSTOMER,
        cast(count(*) as bigint) as CUSTOMER_ROWS,
        cast(sum(IS_SINGLE) as bigint) as SINGLE_ROWS,
        cast(sum(IS_COPY) as bigint) as COPIES
    from marked
    group by {{ exact('BATCH_CUSTOMER') }}
),

source_total as (
    select
        cast(sum(CUSTOMER_ROWS) as bigint) as ALL_ROWS,
        cast(sum(COPIES) as bigint) as ALL_COPIES
    from customers
),

judged_customers as (
    select
        customers.BATCH_CUSTOMER,
        customers.CUSTOMER_ROWS,
        customers.COPIES,
        source_total.ALL_ROWS,
        source_total.ALL_COPIES,
        case
            {# Not one row that stands alone: the whole sheet is there again, however short it is. -#}
            when customers.SINGLE_ROWS = 0 and customers.COPIES * 100.0 > customers.CUSTOMER_ROWS * {{ var('max_removal_percent') }} then 1
            when {{ too_many('customers.COPIES', 'customers.CUSTOMER_ROWS') }} then 1
            else 0
        end as IS_DOUBLED,
        case when {{ too_many('source_total.ALL_COPIES', 'source_total.ALL_ROWS') }} then 1 else 0 end as IS_ALL_DOUBLED
    from customers
    cross join source_total
    where customers.COPIES > 0
),

copies as (
    select
        marked.SOURCE_ROW,
        marked.BATCH_CUSTOMER,
        marked.ORDER_NUMBER,
        judged_customers.CUSTOMER_ROWS,
        judged_customers.COPIES,
        judged_customers.ALL_ROWS,
        judged_customers.ALL_COPIES,
        judged_customers.IS_DOUBLED,
        judged_customers.IS_ALL_DOUBLED,
        case when judged_customers.IS_DOUBLED = 1 or judged_customers.IS_ALL_DOUBLED = 1 then 1 else 0 end as IS_REJECTED
    from marked
    inner join judged_customers
        on {{ exact('marked.BATCH_CUSTOMER') }} = {{ exact('judged_customers.BATCH_CUSTOMER') }}
    where marked.IS_COPY = 1
)

select * from copies
