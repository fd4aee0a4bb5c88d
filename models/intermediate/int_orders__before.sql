{# Read as a source, for the keys of this build are made with this list: a reference would close a circle. -#}
{% set wanted = ['ORDER_KEY', 'ROW_HASH', 'TOTAL QTY'] %}
{% set kept = order_sync.columns_before(source('last_build', 'int_orders__keyed'), wanted) %}
{% set before = order_sync.columns_before(this, wanted) %}

with

{# What gave this build's predecessor its keys. -#}
last_build as (
    {% if 'TOTAL QTY' in kept -%}
    select
        ORDER_KEY,
        ROW_HASH,
        "TOTAL QTY"
    from {{ source('last_build', 'int_orders__keyed') }}
    where ORDER_KEY is not null
    {%- else -%}
    select
        cast(null as nvarchar(255)) as ORDER_KEY,
        cast(null as nvarchar(64)) as ROW_HASH,
        cast(null as bigint) as "TOTAL QTY"
    where 1 = 0
    {%- endif %}
),

{# An empty load says nothing of the orders: the list stays what it was. Its texts may be of another collation, for the first
   build makes them of nothing. -#}
listed as (
    select
        {{ exact('ORDER_KEY') }} as ORDER_KEY,
        {{ exact('ROW_HASH') }} as ROW_HASH,
        "TOTAL QTY"
    from last_build
    {%- if 'TOTAL QTY' in kept and 'TOTAL QTY' in before %}

    union all

    select
        {{ exact('ORDER_KEY') }} as ORDER_KEY,
        {{ exact('ROW_HASH') }} as ROW_HASH,
        "TOTAL QTY"
    from {{ this }}
    where not exists (select 1 from last_build)
    {%- endif %}
),

{# Under a key that the tables did not know, the build before may have read another order than its item shows. -#}
taken_over as (
    select {{ exact('ORDER_KEY') }} as ORDER_KEY
    from {{ source('monday', 'MON_CustMasterSchedule') }}
    where
        ROW_HASH is null
        or ROW_HASH = '{{ '1' * 64 }}'
)

select
    listed.ORDER_KEY,
    listed.ROW_HASH,
    listed."TOTAL QTY"
from listed
left join taken_over
    on {{ exact('listed.ORDER_KEY') }} = {{ exact('taken_over.ORDER_KEY') }}
where taken_over.ORDER_KEY is null
