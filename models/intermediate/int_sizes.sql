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
        {{ exact(upper_text('coalesce(size_labels.SIZE_LABEL, size_columns.OWN_LABEL)')) }} as MATCH_LABEL,
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

{# Labels that differ in case alone are one size, as the board spells it: the first column's own spelling where it shows that. -#}
spelt as (
    select
        labelled.MATCH_LABEL,
        coalesce(shown.SIZE_LABEL, labelled.SIZE_LABEL) as SIZE_LABEL,
        min(labelled.SIZE_POSITION) over (partition by labelled.MATCH_LABEL) as SIZE_POSITION,
        row_number() over (
            partition by labelled.MATCH_LABEL
            order by
                case when shown.SIZE_LABEL = labelled.SIZE_LABEL then 0 else 1 end,
                labelled.SIZE_POSITION,
                shown.SIZE_LABEL
        ) as PLACE
    from labelled
    left join shown
        on labelled.MATCH_LABEL = shown.MATCH_LABEL
),

placed as (
    select
        labelled.SIZE_COLUMN,
        spelt.SIZE_LABEL,
        spelt.SIZE_POSITION
    from labelled
    inner join spelt
        on labelled.MATCH_LABEL = spelt.MATCH_LABEL
    where spelt.PLACE = 1
)

select * from placed
