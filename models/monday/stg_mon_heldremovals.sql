with

held as (
    select
        BATCH_CUSTOMER,
        CONFIRMED_ITEMS,
        LEAVING_ITEMS
    from {{ ref('int_removals') }}
    where IS_HELD = 1
    group by
        BATCH_CUSTOMER,
        CONFIRMED_ITEMS,
        LEAVING_ITEMS
),

explained as (
    select
        BATCH_CUSTOMER,
        CONFIRMED_ITEMS,
        LEAVING_ITEMS,
        concat(
            {{ integer_to_text('LEAVING_ITEMS') }},
            ' of ',
            {{ integer_to_text('CONFIRMED_ITEMS') }},
            ' items left the source at once, more than 10 and more than {{ var("max_removal_percent") }} %: none is archived.'
        ) as REASON
    from held
)

select * from explained
