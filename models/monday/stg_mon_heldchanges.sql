{% set percent = var('max_removal_percent') %}
{% set limits = "more than 10 and more than " ~ percent ~ " %" %}
{% set copied = "which is what a sheet that was loaded twice looks like: the copies are rejected; load it once, or raise"
    ~ " max_removal_percent if they are orders of their own." %}
{% set added = "and no size is added to these orders, for quantities would stand twice" %}
{% set mend = "mend the source, or raise max_removal_percent if it is meant." %}

with

removals as (
    select distinct
        BATCH_CUSTOMER,
        LEAVING_ITEMS,
        CONFIRMED_ITEMS,
        ALL_LEAVING_ITEMS,
        ALL_CONFIRMED_ITEMS,
        IS_SOURCE_EMPTY
    from {{ ref('int_removals') }}
    where IS_HELD = 1
),

sizes as (
    select distinct
        BATCH_CUSTOMER,
        FALLING_SIZES,
        CONFIRMED_SIZES,
        ALL_FALLING_SIZES,
        ALL_CONFIRMED_SIZES
    from {{ ref('int_falling_sizes') }}
    where IS_HELD = 1
),

copies as (
    select distinct
        BATCH_CUSTOMER,
        COPIES,
        CUSTOMER_ROWS,
        ALL_COPIES,
        ALL_ROWS,
        IS_DOUBLED,
        IS_ALL_DOUBLED
    from {{ ref('int_copies') }}
    where IS_REJECTED = 1
),

renumbered as (
    select distinct
        BATCH_CUSTOMER,
        RENUMBERED_ITEMS,
        CONFIRMED_ITEMS
    from {{ ref('int_renumbered') }}
),

{# The whole source stands under a blank customer, which no customer is. -#}
held as (
    select
        BATCH_CUSTOMER,
        'REMOVALS' as KIND,
        LEAVING_ITEMS as HELD_COUNT,
        CONFIRMED_ITEMS as WHOLE_COUNT,
        ' items left the source at once, {{ limits }}: none of this customer is archived; {{ mend }}' as SENTENCE
    from removals
    where {{ too_many('LEAVING_ITEMS', 'CONFIRMED_ITEMS') }}

    union all

    select distinct
        '' as BATCH_CUSTOMER,
        'REMOVALS' as KIND,
        ALL_LEAVING_ITEMS as HELD_COUNT,
        ALL_CONFIRMED_ITEMS as WHOLE_COUNT,
        case
            when IS_SOURCE_EMPTY = 1
                then ' items left the source, which holds no order: none is archived; load the source again.'
            else ' items of all customers left the source at once, {{ limits }}: none is archived; {{ mend }}'
        end as SENTENCE
    from removals
    where IS_SOURCE_EMPTY = 1 or {{ too_many('ALL_LEAVING_ITEMS', 'ALL_CONFIRMED_ITEMS') }}

    union all

    select
        BATCH_CUSTOMER,
        'SIZES' as KIND,
        FALLING_SIZES as HELD_COUNT,
        CONFIRMED_SIZES as WHOLE_COUNT,
        ' sizes fell to 0 at once without a cancellation, {{ limits }}: none of this customer is set to 0, {{ added }}; {{ mend }}' as SENTENCE
    from sizes
    where {{ too_many('FALLING_SIZES', 'CONFIRMED_SIZES') }}

    union all

    select distinct
        '' as BATCH_CUSTOMER,
        'SIZES' as KIND,
        ALL_FALLING_SIZES as HELD_COUNT,
        ALL_CONFIRMED_SIZES as WHOLE_COUNT,
        ' sizes of all customers fell to 0 at once without a cancellation, {{ limits }}: none is set to 0, {{ added }}; {{ mend }}' as SENTENCE
    from sizes
    where {{ too_many('ALL_FALLING_SIZES', 'ALL_CONFIRMED_SIZES') }}

    union all

    select
        BATCH_CUSTOMER,
        'RENUMBERED' as KIND,
        RENUMBERED_ITEMS as HELD_COUNT,
        CONFIRMED_ITEMS as WHOLE_COUNT,
        concat(
            ' orders left the source while as many came that equal them in style, colour and PO, {{ limits }}: neither the',
            ' old nor the new ones are staged; bring the old order numbers back (an alias for the new name, where a customer',
            ' is spelt anew), or raise max_removal_percent if the new ones are to get items of their own.'
        ) as SENTENCE
    from renumbered

    union all

    select
        BATCH_CUSTOMER,
        'COPIES' as KIND,
        COPIES as HELD_COUNT,
        CUSTOMER_ROWS as WHOLE_COUNT,
        ' rows of this customer are copies of another row in every cell, {{ copied }}' as SENTENCE
    from copies
    where IS_DOUBLED = 1

    union all

    select distinct
        '' as BATCH_CUSTOMER,
        'COPIES' as KIND,
        ALL_COPIES as HELD_COUNT,
        ALL_ROWS as WHOLE_COUNT,
        ' rows of all customers are copies of another row in every cell, {{ copied }}' as SENTENCE
    from copies
    where IS_ALL_DOUBLED = 1
),

explained as (
    select
        {{ exact('BATCH_CUSTOMER') }} as BATCH_CUSTOMER,
        KIND,
        HELD_COUNT,
        WHOLE_COUNT,
        concat(HELD_COUNT, ' of ', WHOLE_COUNT, SENTENCE) as REASON
    from held
)

select * from explained
