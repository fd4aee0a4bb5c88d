{# What tells the orders of one number apart, besides the customer; in this order they are sorted, too. -#}
{% set identity = ['STYLE', 'COLOR', 'PO NUMBER', 'CUSTOMER ALT PO', 'PLANNED DELIVERY METHOD', 'DESTINATION'] %}
{# What rows are sorted by that are alike in that, dates and short texts first. Numbers and long texts change with every price
   list, for all rows at once; a change of the mapping changes every hash, and then nothing else tells rows apart. -#}
{% set late = ['numbers', 'long_text'] %}
{% set ties = source_fields() | rejectattr('type', 'in', late) | list + source_fields() | selectattr('type', 'in', late) | list %}
{# Null and empty are alike. A tab stands in no value, and sorts before all that does. -#}
{% set texts = [long_text("''")] %}
{% for field in ties %}
{%- set value = 'party.' ~ field.quoted %}
{%- do texts.extend([canonical_text(value, field.type) if field.type in ['numbers', 'date'] else value, characters([9])]) %}
{%- endfor %}
{% set tie_text = 'concat(' ~ texts | join(', ') ~ ')' %}

with

orders as (
    select
        SOURCE_ROW,
        KEY_BASE,
        SOURCE_CUSTOMER,
        BATCH_CUSTOMER,
        ROW_HASH,
        "TOTAL QTY" as QUANTITY,
        case when IS_IN_SCOPE = 0 then 6 when REASONS is null then 0 else 4 end as POOL,
        case when REASONS is null then 0 else 1 end as IS_LATER
    from {{ ref('int_orders__named') }}
    where KEY_BASE is not null
),

known as (
    select * from {{ ref('int_known_orders') }}
),

counted as (
    select
        KEY_BASE,
        POOL,
        cast(null as nvarchar(255)) as ORDER_KEY
    from orders

    union all

    select
        KEY_BASE,
        POOL,
        ORDER_KEY
    from known
),

numbers as (
    select
        {{ exact('KEY_BASE') }} as KEY_BASE,
        count(case when POOL in (0, 4, 6) then 1 end) as SOURCE_ROWS,
        count(case when POOL = 0 then 1 end) as QUALIFYING_ROWS,
        count(case when POOL in (1, 2) then 1 end) as CONFIRMED_ORDERS,
        count(case when POOL = 3 then 1 end) as OPEN_KEYS,
        count(case when POOL = 5 then 1 end) as FORMER_KEYS,
        max(case when POOL = 3 then ORDER_KEY end) as OPEN_KEY
    from counted
    group by {{ exact('KEY_BASE') }}
),

{# A row that has its number to itself, with one confirmed order at most, needs no pairing. -#}
shared_numbers as (
    select
        KEY_BASE,
        case when CONFIRMED_ORDERS + OPEN_KEYS > 0 then 1 else 0 end as IS_KNOWN,
        case when CONFIRMED_ORDERS = 1 and (QUALIFYING_ROWS = 1 or SOURCE_ROWS = 1) then 1 else 0 end as IS_LONE
    from numbers
    where
        SOURCE_ROWS > 1
        or SOURCE_ROWS = 1 and CONFIRMED_ORDERS + OPEN_KEYS > 1
        or SOURCE_ROWS = 1 and CONFIRMED_ORDERS = 1 and FORMER_KEYS > 0
        or SOURCE_ROWS = 1 and {{ exact('OPEN_KEY') }} <> {{ exact('KEY_BASE') }}
),

{# Both sides: the rows, and the orders that are known, archived ones and rejected rows behind the others. -#}
sharing as (
    select
        1 as IS_ROW,
        shared_numbers.IS_KNOWN,
        {{ exact('orders.KEY_BASE') }} as KEY_BASE,
        orders.SOURCE_ROW,
        cast(null as nvarchar(255)) as ORDER_KEY,
        cast(null as bigint) as OCCURRENCE,
        cast(null as bigint) as MONDAY_ITEM_ID,
        orders.POOL,
        orders.IS_LATER,
        0 as GUESSES,
        {{ exact('orders.ROW_HASH') }} as ROW_HASH,
        cast(null as nvarchar(64)) as HASH_BEFORE,
        orders.QUANTITY
    from orders
    inner join shared_numbers
        on {{ exact('orders.KEY_BASE') }} = {{ exact('shared_numbers.KEY_BASE') }}

    union all

    select
        0 as IS_ROW,
        shared_numbers.IS_KNOWN,
        {{ exact('known.KEY_BASE') }} as KEY_BASE,
        cast(null as bigint) as SOURCE_ROW,
        {{ exact('known.ORDER_KEY') }} as ORDER_KEY,
        known.OCCURRENCE,
        known.MONDAY_ITEM_ID,
        {# What the source had at the build before lost its item alone. -#}
        case when known.POOL = 2 and known.WAS_BEFORE = 1 then 1 else known.POOL end as POOL,
        case when known.POOL = 2 then 1 else 0 end as IS_LATER,
        {# How it may be guessed: 1 by the number alone, 2 by the style, too. -#}
        case
            when known.POOL in (3, 5) then 0
            when shared_numbers.IS_LONE = 1 then 1
            when known.WAS_BEFORE = 1 then 2
            else 0
        end as GUESSES,
        {{ exact('known.ROW_HASH') }} as ROW_HASH,
        {{ exact('known.HASH_BEFORE') }} as HASH_BEFORE,
        known.QUANTITY
    from known
    inner join shared_numbers
        on {{ exact('known.KEY_BASE') }} = {{ exact('shared_numbers.KEY_BASE') }}
    where shared_numbers.IS_KNOWN = 1
),

{# Most numbers are as they were: each row has one live order that equals it, and no other row is like it. -#}
alike as (
    select
        KEY_BASE,
        count(SOURCE_ROW) as SOURCE_ROWS,
        count(ORDER_KEY) as LIVE_ORDERS,
        max(SOURCE_ROW) as SOURCE_ROW,
        max(ORDER_KEY) as ORDER_KEY
    from sharing
    where
        IS_ROW = 1
        or POOL = 1
    group by
        KEY_BASE,
        ROW_HASH,
        QUANTITY
),

judged_numbers as (
    select
        KEY_BASE,
        SOURCE_ROW,
        ORDER_KEY,
        max(case when SOURCE_ROWS > 0 and (SOURCE_ROWS > 1 or LIVE_ORDERS <> 1) then 1 else 0 end) over (
            partition by KEY_BASE
        ) as IS_OPEN
    from alike
),

open_numbers as (
    select distinct KEY_BASE
    from judged_numbers
    where IS_OPEN = 1
),

open_parties as (
    select sharing.*
    from sharing
    inner join open_numbers
        on {{ exact('sharing.KEY_BASE') }} = {{ exact('open_numbers.KEY_BASE') }}
),

{# What the sizes of a row are, and what the board shows of an order's: rows may differ in nothing else. -#}
party_sizes as (
    select
        sizes.SOURCE_ROW,
        cast(null as nvarchar(255)) as ORDER_KEY,
        {{ exact('sizes.SIZE_LABEL') }} as SIZE_LABEL,
        cast(sum(sizes.ORDER_QTY) as bigint) as ORDER_QTY
    from {{ ref('int_order_sizes') }} as sizes
    inner join open_parties
        on sizes.SOURCE_ROW = open_parties.SOURCE_ROW
    where sizes.ORDER_QTY > 0
    group by
        sizes.SOURCE_ROW,
        {{ exact('sizes.SIZE_LABEL') }}

    union all

    select
        cast(null as bigint) as SOURCE_ROW,
        {{ exact('subitems.ORDER_KEY') }} as ORDER_KEY,
        {{ exact('subitems.SIZE_LABEL') }} as SIZE_LABEL,
        cast(subitems.ORDER_QTY as bigint) as ORDER_QTY
    from {{ source('monday', 'MON_CustMasterSchedule_Subitems') }} as subitems
    inner join open_parties
        on
            {{ exact('subitems.ORDER_KEY') }} = {{ exact('open_parties.ORDER_KEY') }}
            and subitems.MONDAY_PARENT_ITEM_ID = open_parties.MONDAY_ITEM_ID
    where
        subitems.MONDAY_SUBITEM_ID is not null
        and subitems.ORDER_QTY > 0
),

size_lists as (
    select
        SOURCE_ROW,
        ORDER_KEY,
        {{ texts_in_order("concat(SIZE_LABEL, '=', ORDER_QTY)", 'SIZE_LABEL') }} as SIZE_LIST
    from party_sizes
    group by
        SOURCE_ROW,
        ORDER_KEY
),

described as (
    select
        {{ computed_once() }}
        open_parties.*,
        {{ exact('orders.SOURCE_CUSTOMER') }} as SOURCE_CUSTOMER,
        {{ exact('orders.BATCH_CUSTOMER') }} as CUSTOMER,
        {%- for name in identity %}
        {{ short_text('details.' ~ quoted_name(name), 255) }} as {{ quoted_name(name) }},
        {%- endfor %}
        {{ exact(tie_text | replace('party.', 'details.')) }} as TIE_TEXT,
        {{ exact("coalesce(size_lists.SIZE_LIST, '')") }} as SIZE_LIST
    from open_parties
    inner join orders
        on open_parties.SOURCE_ROW = orders.SOURCE_ROW
    inner join {{ ref('stg_erp__orders') }} as details
        on open_parties.SOURCE_ROW = details.SOURCE_ROW
    left join size_lists
        on open_parties.SOURCE_ROW = size_lists.SOURCE_ROW

    union all

    select
        {{ computed_once() }}
        open_parties.*,
        {{ exact('items.SOURCE_CUSTOMER') }} as SOURCE_CUSTOMER,
        {{ exact('items.BATCH_CUSTOMER') }} as CUSTOMER,
        {%- for name in identity %}
        {{ short_text('items.' ~ quoted_name(name), 255) }} as {{ quoted_name(name) }},
        {%- endfor %}
        {{ exact(tie_text | replace('party.', 'items.')) }} as TIE_TEXT,
        {{ exact("coalesce(size_lists.SIZE_LIST, '')") }} as SIZE_LIST
    from open_parties
    left join {{ source('monday', 'MON_CustMasterSchedule') }} as items
        on {{ exact('open_parties.ORDER_KEY') }} = {{ exact('items.ORDER_KEY') }}
    left join size_lists
        on {{ exact('open_parties.ORDER_KEY') }} = {{ exact('size_lists.ORDER_KEY') }}
    where open_parties.IS_ROW = 0
),

folded as (
    select
        {{ computed_once() }}
        IS_ROW,
        IS_KNOWN,
        KEY_BASE,
        SOURCE_ROW,
        ORDER_KEY,
        OCCURRENCE,
        POOL,
        IS_LATER,
        GUESSES,
        ROW_HASH,
        HASH_BEFORE,
        QUANTITY,
        {%- for name in ['SOURCE_CUSTOMER', 'CUSTOMER'] + identity %}
        {{ exact(short_text(match_text(quoted_name(name)), 255)) }} as {{ quoted_name(name) }},
        {%- endfor %}
        TIE_TEXT,
        SIZE_LIST
    from described
),

parties as (
    select
        {{ exact("case when IS_ROW = 1 then concat('row ', SOURCE_ROW) else ORDER_KEY end") }} as PARTY,
        case when IS_KNOWN = 1 then 'PAIRING' else 'NUMBERING' end as NEEDS,
        SOURCE_ROW,
        ORDER_KEY,
        KEY_BASE,
        OCCURRENCE,
        POOL,
        GUESSES,
        ROW_HASH,
        HASH_BEFORE,
        QUANTITY,
        SIZE_LIST,
        {# What the orders of that source name are called now; where none is left, what it was called. -#}
        coalesce(
            max(case when IS_ROW = 1 then CUSTOMER end) over (partition by KEY_BASE, SOURCE_CUSTOMER), CUSTOMER
        ) as CUSTOMER_NOW,
        {%- for name in identity %}
        {{ quoted_name(name) }},
        {%- endfor %}
        row_number() over (
            partition by KEY_BASE
            order by
                IS_LATER,
                {%- for name in identity %}
                coalesce({{ quoted_name(name) }}, ''),
                {%- endfor %}
                coalesce(QUANTITY, -9223372036854775807),
                TIE_TEXT,
                ROW_HASH,
                SIZE_LIST,
                OCCURRENCE,
                ORDER_KEY,
                SOURCE_ROW
        ) as PLACE
    from folded

    union all

    select
        {{ exact("concat('row ', SOURCE_ROW)") }} as PARTY,
        'NOTHING' as NEEDS,
        SOURCE_ROW,
        ORDER_KEY,
        KEY_BASE,
        cast(null as bigint) as OCCURRENCE,
        cast(null as int) as POOL,
        cast(null as int) as GUESSES,
        cast(null as nvarchar(64)) as ROW_HASH,
        cast(null as nvarchar(64)) as HASH_BEFORE,
        cast(null as bigint) as QUANTITY,
        cast(null as nvarchar(64)) as SIZE_LIST,
        {%- for name in ['CUSTOMER_NOW'] + identity %}
        cast(null as nvarchar(255)) as {{ quoted_name(name) }},
        {%- endfor %}
        cast(null as bigint) as PLACE
    from judged_numbers
    where
        IS_OPEN = 0
        and SOURCE_ROW is not null
)

select * from parties
