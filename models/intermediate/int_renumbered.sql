with

on_board as (
    select ORDER_KEY
    from {{ source('monday', 'MON_CustMasterSchedule') }}
    where
        MONDAY_ITEM_ID is not null
        and ARCHIVED_AT is null
),

customers as (
    select
        {{ exact('SOURCE_CUSTOMER') }} as SOURCE_CUSTOMER,
        min({{ exact('BATCH_CUSTOMER') }}) as BATCH_CUSTOMER
    from {{ ref('int_orders__keyed') }}
    where IS_QUALIFIED = 1
    group by {{ exact('SOURCE_CUSTOMER') }}
),

leaving as (
    select
        removals.ORDER_KEY,
        {# The customer by today's name, where an alias was added since the order was pushed. -#}
        {{ exact('coalesce(customers.BATCH_CUSTOMER, removals.BATCH_CUSTOMER)') }} as BATCH_CUSTOMER,
        removals.CONFIRMED_ITEMS,
        {{ upper_text("coalesce(confirmed.\"STYLE\", '')") }} as STYLE,
        {{ upper_text("coalesce(confirmed.\"COLOR\", '')") }} as COLOR,
        {{ upper_text("coalesce(confirmed.\"PO NUMBER\", '')") }} as PO_NUMBER,
        {{ upper_text("coalesce(confirmed.\"AAG ORDER NUMBER\", '')") }} as ORDER_NUMBER
    from {{ ref('int_removals') }} as removals
    inner join {{ source('monday', 'MON_CustMasterSchedule') }} as confirmed
        on {{ exact('removals.ORDER_KEY') }} = {{ exact('confirmed.ORDER_KEY') }}
    left join customers
        on {{ exact('confirmed.SOURCE_CUSTOMER') }} = {{ exact('customers.SOURCE_CUSTOMER') }}
    {# No more can be re-numbered than left, so on most days there is nothing to look at. -#}
    where {{ too_many('removals.LEAVING_ITEMS', 'removals.CONFIRMED_ITEMS') }}
),

customers_left as (
    select distinct BATCH_CUSTOMER
    from leaving
),

{# A customer that is spelt anew keeps its order numbers: what equals an order that left in its number, too, may be it. -#}
respelt as (
    select
        ORDER_NUMBER,
        STYLE,
        COLOR,
        PO_NUMBER,
        min(BATCH_CUSTOMER) as BATCH_CUSTOMER
    from leaving
    group by ORDER_NUMBER, STYLE, COLOR, PO_NUMBER
),

new_orders as (
    select
        orders.ORDER_KEY,
        {{ exact('orders.BATCH_CUSTOMER') }} as BATCH_CUSTOMER,
        {{ upper_text("coalesce(details.\"STYLE\", '')") }} as STYLE,
        {{ upper_text("coalesce(details.\"COLOR\", '')") }} as COLOR,
        {{ upper_text("coalesce(details.\"PO NUMBER\", '')") }} as PO_NUMBER,
        {{ upper_text("coalesce(details.\"AAG ORDER NUMBER\", '')") }} as ORDER_NUMBER
    from {{ ref('int_orders__keyed') }} as orders
    inner join {{ ref('stg_erp__orders') }} as details
        on orders.SOURCE_ROW = details.SOURCE_ROW
    where
        orders.IS_QUALIFIED = 1
        and orders.IS_IN_SCOPE = 1
        and not exists (
            select 1 from on_board
            where {{ exact('orders.ORDER_KEY') }} = {{ exact('on_board.ORDER_KEY') }}
        )
),

arriving as (
    select
        new_orders.ORDER_KEY,
        new_orders.BATCH_CUSTOMER,
        new_orders.STYLE,
        new_orders.COLOR,
        new_orders.PO_NUMBER
    from new_orders
    inner join customers_left
        on new_orders.BATCH_CUSTOMER = customers_left.BATCH_CUSTOMER

    union all

    select
        new_orders.ORDER_KEY,
        respelt.BATCH_CUSTOMER,
        new_orders.STYLE,
        new_orders.COLOR,
        new_orders.PO_NUMBER
    from new_orders
    inner join respelt
        on
            new_orders.ORDER_NUMBER = respelt.ORDER_NUMBER
            and new_orders.STYLE = respelt.STYLE
            and new_orders.COLOR = respelt.COLOR
            and new_orders.PO_NUMBER = respelt.PO_NUMBER
    where
        not exists (
            select 1 from customers_left
            where new_orders.BATCH_CUSTOMER = customers_left.BATCH_CUSTOMER
        )
),

both_sides as (
    select
        ORDER_KEY,
        BATCH_CUSTOMER,
        CONFIRMED_ITEMS,
        0 as IS_NEW,
        STYLE,
        COLOR,
        PO_NUMBER
    from leaving

    union all

    select
        ORDER_KEY,
        BATCH_CUSTOMER,
        cast(0 as bigint) as CONFIRMED_ITEMS,
        1 as IS_NEW,
        STYLE,
        COLOR,
        PO_NUMBER
    from arriving
),

alike as (
    select
        ORDER_KEY,
        BATCH_CUSTOMER,
        IS_NEW,
        max(CONFIRMED_ITEMS) over (partition by BATCH_CUSTOMER) as CONFIRMED_ITEMS,
        sum(1 - IS_NEW) over (partition by BATCH_CUSTOMER, STYLE, COLOR, PO_NUMBER) as LEFT_ALIKE,
        sum(IS_NEW) over (partition by BATCH_CUSTOMER, STYLE, COLOR, PO_NUMBER) as NEW_ALIKE,
        row_number() over (
            partition by BATCH_CUSTOMER, STYLE, COLOR, PO_NUMBER, IS_NEW
            order by ORDER_KEY
        ) as PLACE
    from both_sides
),

counted as (
    select
        ORDER_KEY,
        BATCH_CUSTOMER,
        IS_NEW,
        CONFIRMED_ITEMS,
        LEFT_ALIKE,
        NEW_ALIKE,
        sum(case when IS_NEW = 0 and PLACE <= NEW_ALIKE then 1 else 0 end)
            over (partition by BATCH_CUSTOMER) as RENUMBERED_ITEMS
    from alike
),

{# Of those alike nobody can say which two are the same order, so all of them are held. -#}
held as (
    select
        ORDER_KEY,
        BATCH_CUSTOMER,
        IS_NEW,
        CONFIRMED_ITEMS,
        cast(RENUMBERED_ITEMS as bigint) as RENUMBERED_ITEMS
    from counted
    where
        LEFT_ALIKE > 0
        and NEW_ALIKE > 0
        and {{ too_many('RENUMBERED_ITEMS', 'CONFIRMED_ITEMS') }}
)

select * from held
