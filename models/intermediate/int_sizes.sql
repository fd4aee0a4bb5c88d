{{ config(indexes=table_indexes([{'columns': ['SIZE_COLUMN']}])) }}

{# What a case, an invisible character or a kind of blank tells apart is one size only where the seed says so. #}
{% set names = folded_names(order_sync.size_columns()) %}
{% set are_doubled = execute and names | unique | list | length < names | length %}
{% set seed = "select " ~ match_text('SIZE_COLUMN') ~ " as NAME from " ~ ref('size_labels') %}
{% set merged = run_query(seed).columns[0].values() if are_doubled else names %}
{% for name in names | unique | reject('in', merged) if names.count(name) > 1 -%}
{%- do exceptions.raise_compiler_error(
    "Several size columns of ORDERS_UNIFIED read " ~ name ~ ", but for their case, invisible characters or blanks: rename or drop"
    ~ " all but one, or add " ~ name ~ " to the seed size_labels, so that their quantities add up."
) -%}
{%- endfor %}

with

size_columns as (
    select
        listed.SIZE_COLUMN,
        {{ exact(match_text('listed.SIZE_COLUMN')) }} as MATCH_NAME,
        {{ trim_text('listed.SIZE_COLUMN', fold=true) }} as OWN_LABEL,
        listed.SIZE_POSITION
    from (
        values
        {%- for size in order_sync.size_columns() %}
        ({{ text_literal(size) }}, {{ loop.index }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as listed (SIZE_COLUMN, SIZE_POSITION)
),

size_labels as (
    select
        {{ exact(match_text('SIZE_COLUMN')) }} as MATCH_NAME,
        {{ trim_text('SIZE_LABEL', fold=true) }} as SIZE_LABEL
    from {{ ref('size_labels') }}
),

labelled as (
    select
        {{ exact('size_columns.SIZE_COLUMN') }} as SIZE_COLUMN,
        {{ exact('coalesce(size_labels.SIZE_LABEL, size_columns.OWN_LABEL)') }} as SIZE_LABEL,
        size_columns.SIZE_POSITION
    from size_columns
    left join size_labels
        on size_columns.MATCH_NAME = size_labels.MATCH_NAME
),

shown as (
    select
        {{ exact('SIZE_LABEL') }} as SIZE_LABEL,
        {{ exact(upper_text('SIZE_LABEL')) }} as MATCH_LABEL
    from {{ source('monday', 'MON_CustMasterSchedule_Subitems') }}
    where MONDAY_SUBITEM_ID is not null
    group by {{ exact('SIZE_LABEL') }}
),

{# A header whose case changed is the size that the board shows already, as the board spells it. -#}
spelt as (
    select
        labelled.SIZE_COLUMN,
        labelled.SIZE_POSITION,
        coalesce(
            max(case when shown.SIZE_LABEL = labelled.SIZE_LABEL then shown.SIZE_LABEL end),
            min(shown.SIZE_LABEL),
            labelled.SIZE_LABEL
        ) as SIZE_LABEL
    from labelled
    left join shown
        on {{ exact(upper_text('labelled.SIZE_LABEL')) }} = shown.MATCH_LABEL
    group by
        labelled.SIZE_COLUMN,
        labelled.SIZE_LABEL,
        labelled.SIZE_POSITION
),

placed as (
    select
        SIZE_COLUMN,
        SIZE_LABEL,
        min(SIZE_POSITION) over (partition by SIZE_LABEL) as SIZE_POSITION
    from spelt
)

select * from placed
