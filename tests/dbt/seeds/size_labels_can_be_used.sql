-- A subitem under a blank label tells nobody its size, and the tables can't hold a label of more than 100 characters.
-- Lists the entries.
{{ config(store_failures=true, schema=none, alias='CHECK_size_labels_can_be_used') }}

with

labels as (
    select
        SIZE_COLUMN,
        SIZE_LABEL,
        {{ trim_text('SIZE_LABEL', fold=true) }} as LABEL
    from {{ ref('size_labels') }}
),

judged as (
    select
        'size_labels' as SEED,
        concat(SIZE_COLUMN, ',', SIZE_LABEL) as ENTRY,
        case
            when {{ exact('lower(LABEL)') }} in {{ words_for_nothing() }} then 'The label is blank.'
            when {{ utf16_length('LABEL') }} > 100 then 'The label is longer than 100 characters.'
        end as PROBLEM
    from labels
)

select * from judged
where PROBLEM is not null
