with

{# What this table said until now: its row of the build before. -#}
previous as (
    {% if 'SOURCE_ROWS' in order_sync.columns_before(this, ['SOURCE_ROWS']) -%}
    select max(SOURCE_ROWS) as PREVIOUS_SOURCE_ROWS from {{ this }}
    {%- else -%}
    select cast(null as bigint) as PREVIOUS_SOURCE_ROWS
    {%- endif %}
),

keyed as (
    select
        count(*) as SOURCE_ROWS,
        coalesce(sum(case when IS_QUALIFIED = 0 and IS_CHOSEN = 1 then 1 else 0 end), 0) as REJECTED_ROWS,
        coalesce(sum(case when IS_CHOSEN = 0 or (IS_QUALIFIED = 1 and IS_IN_SCOPE = 0) then 1 else 0 end), 0) as OUT_OF_SCOPE_ROWS
    from {{ ref('int_orders__keyed') }}
),

{# What stays on the board as it is. -#}
left_alone as (
    select count(*) as OUT_OF_SCOPE_ITEMS
    from {{ source('monday', 'MON_CustMasterSchedule') }} as confirmed
    inner join {{ ref('int_orders__keyed') }} as orders
        on {{ exact('confirmed.ORDER_KEY') }} = {{ exact('orders.ORDER_KEY') }}
    where
        confirmed.MONDAY_ITEM_ID is not null
        and confirmed.ARCHIVED_AT is null
        and orders.IS_IN_SCOPE = 0
),

compared as (
    select
        coalesce(sum(case when CHANGE_TYPE is null then 1 else 0 end), 0) as UNCHANGED_ROWS,
        coalesce(sum(case when CHANGE_TYPE is not null and IS_BLOCKED = 1 then 1 else 0 end), 0) as BLOCKED_ROWS
    from {{ ref('int_orders__compared') }}
    where SOURCE_ROW is not null
),

staged as (
    select
        coalesce(sum(case when CHANGE_TYPE = 'ARCHIVE' then 0 else 1 end), 0) as STAGED_ROWS,
        coalesce(sum(case when CHANGE_TYPE = 'ARCHIVE' then 1 else 0 end), 0) as STAGED_REMOVALS
    from {{ ref('stg_mon_custmasterschedule') }}
),

staged_sizes as (
    select count(*) as STAGED_SUBITEMS
    from {{ ref('stg_mon_custmasterschedule_subitems') }}
),

new_hashes as (
    select count(*) as NEW_HASHES
    from {{ ref('stg_mon_newhashes') }}
),

held as (
    {# The row of the whole source, where there is one, counts those of its customers, too. -#}
    select coalesce(max(case when BATCH_CUSTOMER = '' then HELD_COUNT end), sum(HELD_COUNT), 0) as HELD_REMOVALS
    from {{ ref('stg_mon_heldchanges') }}
    where KIND = 'REMOVALS'
),

build as (
    select
        '{{ invocation_id }}' as BUILD_ID,
        {{ timestamp_literal(run_started_at) }} as BUILT_AT,
        'RUNNING' as STATE,
        {{ timestamp_literal(run_started_at) }} as STATE_AT,
        '{{ order_sync.mapping_hash() }}' as MAPPING_HASH,
        cast(keyed.SOURCE_ROWS as bigint) as SOURCE_ROWS,
        cast(previous.PREVIOUS_SOURCE_ROWS as bigint) as PREVIOUS_SOURCE_ROWS,
        cast(keyed.REJECTED_ROWS as bigint) as REJECTED_ROWS,
        cast(keyed.OUT_OF_SCOPE_ROWS as bigint) as OUT_OF_SCOPE_ROWS,
        cast(left_alone.OUT_OF_SCOPE_ITEMS as bigint) as OUT_OF_SCOPE_ITEMS,
        cast(compared.UNCHANGED_ROWS as bigint) as UNCHANGED_ROWS,
        cast(new_hashes.NEW_HASHES as bigint) as NEW_HASHES,
        cast(staged.STAGED_ROWS as bigint) as STAGED_ROWS,
        cast(compared.BLOCKED_ROWS as bigint) as BLOCKED_ROWS,
        cast(staged_sizes.STAGED_SUBITEMS as bigint) as STAGED_SUBITEMS,
        cast(staged.STAGED_REMOVALS as bigint) as STAGED_REMOVALS,
        cast(held.HELD_REMOVALS as bigint) as HELD_REMOVALS,
        '{{ var("on_board_deletion") }}' as ON_BOARD_DELETION,
        '{{ var("on_source_removal") }}' as ON_SOURCE_REMOVAL,
        cast({{ text_literal(var('orders_scope')) if var('orders_scope') else 'null' }} as nvarchar(4000)) as ORDERS_SCOPE
    from keyed
    cross join left_alone
    cross join previous
    cross join compared
    cross join staged
    cross join staged_sizes
    cross join new_hashes
    cross join held
)

select * from build
