{{ config(materialized='view') }}

{% set fields = source_fields() %}

with

written as (
    select
        {%- for field in fields %}
        {{ cell_text(quoted_name(field.source), field.source_type) }} as {{ field.quoted }},
        {%- endfor %}
        {{ row_numbers() }} as SOURCE_ROW
    from {{ source('erp', 'ORDERS_UNIFIED') }}
),

cells as (
    select
        written.SOURCE_ROW,
        cells.COLUMN_NAME,
        cells.WRITTEN_VALUE,
        cells.CLEANED_VALUE
    from written
    inner join {{ ref('stg_erp__orders') }} as orders
        on
            written.SOURCE_ROW = orders.SOURCE_ROW
            and coalesce({{ match_text('written."AAG ORDER NUMBER"') }}, '') = coalesce({{ match_text('orders."AAG ORDER NUMBER"') }}, '')
    {{ lateral_rows() }} (
        values
        {%- for field in fields %}
        (
            {{ text_literal(field.name) }},
            written.{{ field.quoted }},
            {{ exact('orders.' ~ field.quoted) if field.type not in ['numbers', 'date'] else canonical_text('orders.' ~ field.quoted, field.type) }}
        ){{ ',' if not loop.last }}
        {%- endfor %}
    ) as cells (COLUMN_NAME, WRITTEN_VALUE, CLEANED_VALUE)
)

select
    SOURCE_ROW,
    COLUMN_NAME,
    WRITTEN_VALUE,
    CLEANED_VALUE
from cells
where {{ values_differ("coalesce(WRITTEN_VALUE, '')", "coalesce(CLEANED_VALUE, '')", 'text') }}
