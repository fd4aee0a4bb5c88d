{{ config(indexes=table_indexes([
    {'columns': ['ORDER_KEY']},
    {'columns': ['BATCH_ID']},
])) }}

{% set fields = source_fields() %}

with

changes as (
    select *
    from {{ ref('int_orders__compared') }}
    where
        CHANGE_TYPE is not null
        and IS_BLOCKED = 0
),

batches as (
    select * from {{ ref('int_batches') }}
),

confirmed as (
    select * from {{ source('monday', 'MON_CustMasterSchedule') }}
),

desired as (
    select
        changes.*,
        {%- for field in fields %}
        orders.{{ field.quoted }},
        {%- endfor %}
        orders."TOTAL QTY"
    from changes
    inner join {{ ref('stg_erp__orders') }} as orders
        on changes.SOURCE_ROW = orders.SOURCE_ROW
),

leaving as (
    select
        changes.*,
        {%- for field in fields %}
        {{ field.quoted if field.type in ['numbers', 'date'] else exact('confirmed.' ~ field.quoted) }} as {{ field.quoted }},
        {%- endfor %}
        confirmed."TOTAL QTY"
    from changes
    inner join confirmed
        on {{ exact('changes.ORDER_KEY') }} = {{ exact('confirmed.ORDER_KEY') }}
    where changes.CHANGE_TYPE = 'ARCHIVE'
),

all_changes as (
    select * from desired

    union all

    select * from leaving
),

staged as (
    select
        all_changes.ORDER_KEY,
        batches.BATCH_ID,
        all_changes.BATCH_CUSTOMER,
        all_changes.SOURCE_CUSTOMER,
        all_changes.CHANGE_TYPE,
        all_changes.CHANGED_COLUMNS,
        all_changes.CONFIRMED_HASH,
        all_changes.ROW_HASH,
        '{{ order_sync.mapping_hash() }}' as MAPPING_HASH,
        all_changes.ITEM_NAME,
        all_changes.GROUP_NAME,
        all_changes.MONDAY_ITEM_ID,
        cast(all_changes.ATTEMPTS as int) as ATTEMPTS,
        {{ timestamp_literal(run_started_at) }} as STAGED_AT,
        {%- for field in fields %}
        all_changes.{{ field.quoted }},
        {%- endfor %}
        all_changes."TOTAL QTY"
    from all_changes
    inner join batches
        on {{ exact('all_changes.BATCH_CUSTOMER') }} = {{ exact('batches.BATCH_CUSTOMER') }}
)

select * from staged
