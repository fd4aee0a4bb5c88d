{{ config(materialized='view') }}

{% set fields = source_fields() %}
{% set rows = "from written
    inner join " ~ ref('stg_erp__orders') ~ " as orders
        on
            written.SOURCE_ROW = orders.SOURCE_ROW
            and coalesce(" ~ match_text('written."AAG ORDER NUMBER"') ~ ", '') = coalesce(" ~ match_text('orders."AAG ORDER NUMBER"') ~ ", '')" %}
{% set values = [] %}
{% for field in fields -%}
{%- set cleaned = 'orders.' ~ field.quoted -%}
{%- do values.append({
    'COLUMN_NAME': text_literal(field.name),
    'WRITTEN_VALUE': 'written.' ~ field.quoted,
    'CLEANED_VALUE': canonical_text(cleaned, field.type) if field.type in ['numbers', 'date'] else exact(cleaned),
}) -%}
{%- endfor %}

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
    {{ cell_rows(['written.SOURCE_ROW'], values, rows) }}
)

select
    SOURCE_ROW,
    COLUMN_NAME,
    WRITTEN_VALUE,
    CLEANED_VALUE
from cells
where {{ values_differ("coalesce(WRITTEN_VALUE, '')", "coalesce(CLEANED_VALUE, '')", 'text') }}
