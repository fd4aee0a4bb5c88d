{%- set own = ['ORDER_KEY', 'ITEM_NAME', 'GROUP_NAME'] -%}
{%- set planners = ['ORDER STATUS', 'ADD TO PLANNING', 'FCST QTY', 'FCST CONSUMED QTY', 'PPS CMT DUE', 'PPS CMT RCV', 'PPS STATUS'] -%}
with

{# Whole pieces: a cast alone rounds a fraction on DuckDB and cuts it on SQL Server. -#}
subitems as (
    select
        {%- for name, title in factory_columns().items() %}
        floor({{ cell_value(json_text('OTHER_CELLS', title), 'numbers') }}) as {{ name }},
        {%- endfor %}
        ITEM_ID,
        CELL_LABEL,
        floor(QUANTITY) as ORDERED
    from {{ ref('stg_mon_boardsizes') }}
),

quantities as (
    select
        {%- for name in factory_columns() %}
        cast(sum({{ name }}) as bigint) as {{ name }},
        {{ texts_in_order("case when " ~ name ~ " is not null then concat(CELL_LABEL, ' ', cast(" ~ name ~ " as bigint)) end", 'CELL_LABEL') }} as {{ name }}_BY_SIZE,
        {%- endfor %}
        ITEM_ID,
        cast(sum(ORDERED) as bigint) as ORDERED,
        {{ texts_in_order("concat(CELL_LABEL, ' ', cast(ORDERED as bigint))", 'CELL_LABEL') }} as ORDERED_BY_SIZE
    from subitems
    group by ITEM_ID
)

select
    {%- for column in order_sync.mapped_columns() if column.name not in own %}
    orders.{{ column.quoted }},
    {%- endfor %}
    {%- for title in planners %}
    {{ json_text('orders.OTHER_CELLS', title) }} as {{ quoted_name(title) }},
    {%- endfor %}
    orders.ORDER_KEY,
    orders.ITEM_ID,
    orders.ITEM_NAME,
    orders.GROUP_NAME,
    quantities.ORDERED,
    quantities.ORDERED_BY_SIZE,
    {%- for name in factory_columns() %}
    quantities.{{ name }},
    quantities.{{ name }}_BY_SIZE,
    {%- endfor %}
    orders.ADDRESS,
    orders.UPDATED_AT,
    orders.PULLED_AT
from {{ ref('stg_mon_boardorders') }} as orders
left join quantities
    on orders.ITEM_ID = quantities.ITEM_ID
where
    orders.PLACE = 1
    and orders.ORDER_KEY is not null
