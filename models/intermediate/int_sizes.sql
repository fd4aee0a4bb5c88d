{{ config(indexes=table_indexes([{'columns': ['SIZE_COLUMN']}])) }}

with

size_columns as (
    select
        listed.SIZE_COLUMN,
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
        SIZE_COLUMN,
        SIZE_LABEL
    from {{ ref('size_labels') }}
),

labelled as (
    select
        {{ exact('size_columns.SIZE_COLUMN') }} as SIZE_COLUMN,
        {{ exact('coalesce(size_labels.SIZE_LABEL, size_columns.SIZE_COLUMN)') }} as SIZE_LABEL,
        size_columns.SIZE_POSITION
    from size_columns
    left join size_labels
        on {{ exact('size_columns.SIZE_COLUMN') }} = {{ exact('size_labels.SIZE_COLUMN') }}
),

placed as (
    select
        SIZE_COLUMN,
        SIZE_LABEL,
        min(SIZE_POSITION) over (partition by SIZE_LABEL) as SIZE_POSITION
    from labelled
)

select * from placed
