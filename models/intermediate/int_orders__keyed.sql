{# What tells the orders of one number apart, besides the customer; in this order they are sorted, too. -#}
{% set identity = ['STYLE', 'COLOR', 'PO NUMBER', 'CUSTOMER ALT PO', 'PLANNED DELIVERY METHOD', 'DESTINATION'] %}
{# What rows are sorted by that are alike in that, dates and short texts first. Numbers and long texts change with every price
   list, for all rows at once; a change of the mapping changes every hash, and then nothing else tells rows apart. -#}
{% set late = ['numbers', 'long_text'] %}
{% set ties = source_fields() | rejectattr('type', 'in', late) | list + source_fields() | selectattr('type', 'in', late) | list %}
{# The steps of the pairing: live orders, then archived ones, then keys whose creation is open or was refused; the guesses come
   last, and only for orders that the source had at the build before. Equal quantities come before the others of a class; rows
   that are alike in all that is pushed first of all keep the sizes that the board shows. What the number alone tells is for
   rows that qualify (POOL = 0) as long as one is left; then for a rejected one. Rows out of scope (POOL = 6) take first
   the keys that they had at the build before and that nobody pushed (POOL = 5), then what equals them, else what others leave. -#}
{% set scoped = var('orders_scope') or var('received_from') %}
{% set said = {
    'SIZES_CLASS': 'equal values and sizes', 'HASH_CLASS': 'equal values', 'BEFORE_CLASS': 'equal values at the build before',
    'WHOLE_CLASS': 'equal style, colour, POs, delivery method and destination', 'PO_CLASS': 'equal style, colour and PO',
    'COLOUR_CLASS': 'equal style and colour', 'STYLE_CLASS': 'equal style',
    none: 'the only row and the only order left of the number',
} %}
{% set compared = ['WHOLE_CLASS', 'PO_CLASS', 'COLOUR_CLASS'] %}
{% set row_pool = 'case when orders.IS_IN_SCOPE = 0 then 6 when orders.REASONS is null then 0 else 4 end' %}
{% set steps, own = [], 'POOL in (0, 4)' %}
{% for orders, classes, by_quantity, rows in [
    ('POOL = 5', ['BEFORE_CLASS'] if scoped else [], [true, false], 'POOL = 6'),
    ('POOL = 1', ['SIZES_CLASS'], [true], 'IS_ROW = 1'),
    ('POOL = 1', ['HASH_CLASS', 'BEFORE_CLASS'], [true, false], 'IS_ROW = 1'),
    ('POOL = 1', compared, [true, false], own),
    ('POOL = 2', ['HASH_CLASS'] + compared, [true, false], own),
    ('POOL = 3', ['HASH_CLASS'], [false], 'IS_ROW = 1'),
    ('GUESSES = 2', ['STYLE_CLASS'], [true, false], own),
    ('GUESSES > 0', [none], [false], 'POOL = 0'),
    ('GUESSES > 0', [none], [false], own),
    ('POOL in (1, 2)', ['HASH_CLASS'] + compared if scoped else [], [true, false], 'POOL = 6'),
    ('GUESSES > 0', [none] if scoped else [], [false], 'POOL = 6'),
] -%}
{%- for class in classes -%}{%- for equal in by_quantity -%}
{%- do steps.append({
    'class': class, 'by_quantity': equal, 'open': rows ~ ' or ' ~ orders, 'said': said[class] ~ (' and quantity' if equal else '')
}) -%}
{%- endfor -%}{%- endfor -%}
{%- endfor %}
{# The figures behind a key's # of occurrence, or an empty text. Every # of the number itself is doubled, so that one is left where
   pairs are taken away. -#}
{% set place_of_occurrence = dbt.position("'#'", "reverse(replace(" ~ exact('ORDER_KEY') ~ ", '##', '__'))")
    | replace('CHARINDEX', 'charindex') %}
{% set behind = "right(" ~ exact('ORDER_KEY') ~ ", " ~ place_of_occurrence ~ " - 1)" %}
{% set occurrence_text -%}
case
            when ORDER_KEY like '%#%' and {{ place_of_occurrence }} between 2 and 10
                then case
                    when concat(replace(translate({{ behind }}, '123456789', '000000000'), '0', ''), '|') = '|' then {{ behind }}
                    else ''
                end
            else ''
        end
{%- endset %}
{% set number_of_key = "case when OCCURRENCE_TEXT = '' then " ~ exact('ORDER_KEY') ~ " else left(" ~ exact('ORDER_KEY') ~ ", "
    ~ dbt.length('ORDER_KEY') ~ " - " ~ dbt.length('OCCURRENCE_TEXT') ~ " - 1) end" %}
{# Null and empty are alike. A tab stands in no value, and sorts before all that does. -#}
{% set tie_text -%}
concat(
            {{ long_text("''") }}
            {%- for field in ties %}
            {%- set value = 'party.' ~ field.quoted %},
            {{ canonical_text(value, field.type) if field.type in ['numbers', 'date'] else value }},
            {{ characters([9]) }}
            {%- endfor %}
        )
{%- endset %}

with

orders as (
    select * from {{ ref('int_orders__named') }}
),

confirmed as (
    select
        {{ exact('ORDER_KEY') }} as ORDER_KEY,
        {{ occurrence_text }} as OCCURRENCE_TEXT,
        case when ARCHIVED_AT is null then 1 else 2 end as POOL,
        {{ exact('ROW_HASH') }} as ROW_HASH,
        MONDAY_ITEM_ID,
        cast("TOTAL QTY" as bigint) as QUANTITY
    from {{ source('monday', 'MON_CustMasterSchedule') }}
),

{# The orders that the source had at the build before. -#}
orders_before as (
    select
        {{ exact('ORDER_KEY') }} as ORDER_KEY,
        {{ exact('ROW_HASH') }} as ROW_HASH,
        "TOTAL QTY" as QUANTITY
    from {{ ref('int_orders__before') }}
),

{# Keys that no confirmed order has: an item may be in the making, or its making was refused; or the build before gave them. -#}
unconfirmed as (
    select
        {{ exact('requested.ORDER_KEY') }} as ORDER_KEY,
        {{ exact('requested.ROW_HASH') }} as ROW_HASH,
        1 as PREFERENCE
    from {{ source('monday', 'MON_ApiRequestRows') }} as requested
    inner join {{ source('monday', 'MON_RowClaims') }} as claims
        on
            requested.REQUEST_ID = claims.REQUEST_ID
            and {{ exact('requested.ROW_KEY') }} = {{ exact('claims.ROW_KEY') }}
    where
        requested.LEVEL = 'ITEM'
        and claims.LEVEL = 'ITEM'

    union all

    select
        {{ exact('ORDER_KEY') }} as ORDER_KEY,
        {{ exact('ROW_HASH') }} as ROW_HASH,
        2 as PREFERENCE
    from {{ source('monday', 'ERR_MON_CustMasterSchedule') }}
    where RESOLVED_AT is null
    {%- if scoped %}

    union all

    select
        ORDER_KEY,
        ROW_HASH,
        3 as PREFERENCE
    from orders_before
    {%- endif %}
),

ranked_unconfirmed as (
    select
        unconfirmed.ORDER_KEY,
        unconfirmed.ROW_HASH,
        case when unconfirmed.PREFERENCE = 3 then 5 else 3 end as POOL,
        row_number() over (
            partition by {{ exact('unconfirmed.ORDER_KEY') }}
            order by unconfirmed.PREFERENCE, unconfirmed.ROW_HASH
        ) as PLACE
    from unconfirmed
    left join confirmed
        on unconfirmed.ORDER_KEY = confirmed.ORDER_KEY
    where confirmed.ORDER_KEY is null
),

known_keys as (
    select
        {{ computed_once() }}
        ORDER_KEY,
        OCCURRENCE_TEXT,
        POOL,
        ROW_HASH,
        MONDAY_ITEM_ID,
        QUANTITY
    from confirmed

    union all

    select
        ORDER_KEY,
        {{ occurrence_text }} as OCCURRENCE_TEXT,
        POOL,
        ROW_HASH,
        cast(null as bigint) as MONDAY_ITEM_ID,
        cast(null as bigint) as QUANTITY
    from ranked_unconfirmed
    where PLACE = 1
),

known as (
    select
        ORDER_KEY,
        {{ short_text(match_text(number_of_key), 300) }} as KEY_BASE,
        cast(case when OCCURRENCE_TEXT = '' then '1' else OCCURRENCE_TEXT end as bigint) as OCCURRENCE,
        POOL,
        ROW_HASH,
        MONDAY_ITEM_ID,
        QUANTITY
    from known_keys
),

counted as (
    select
        KEY_BASE,
        1 as IS_ROW,
        {{ row_pool }} as POOL,
        cast(null as nvarchar(255)) as ORDER_KEY
    from orders
    where KEY_BASE is not null

    union all

    select
        KEY_BASE,
        0 as IS_ROW,
        POOL,
        ORDER_KEY
    from known
),

numbers as (
    select
        {{ exact('KEY_BASE') }} as KEY_BASE,
        sum(IS_ROW) as SOURCE_ROWS,
        count(case when POOL = 0 then 1 end) as QUALIFYING_ROWS,
        count(case when POOL in (1, 2) then 1 end) as CONFIRMED_ORDERS,
        count(case when POOL = 3 then 1 end) as OPEN_KEYS,
        count(case when POOL = 5 then 1 end) as FORMER_KEYS,
        max(case when POOL <> 5 then ORDER_KEY end) as ANY_KEY
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
        or SOURCE_ROWS = 1 and CONFIRMED_ORDERS > 1
        or SOURCE_ROWS = 1 and CONFIRMED_ORDERS = 1 and FORMER_KEYS > 0
        or SOURCE_ROWS = 1 and OPEN_KEYS > 1
        or SOURCE_ROWS = 1 and OPEN_KEYS = 1 and (CONFIRMED_ORDERS = 1 or {{ exact('ANY_KEY') }} <> {{ exact('KEY_BASE') }})
),

lone_orders as (
    select
        KEY_BASE,
        ANY_KEY as ORDER_KEY
    from numbers
    where
        SOURCE_ROWS = 1
        and CONFIRMED_ORDERS = 1
        and OPEN_KEYS = 0
        and FORMER_KEYS = 0
),

{# The quantity that the build before read comes first: that of the board is as old as the last change of the item. -#}
sharing_orders as (
    select
        known.ORDER_KEY,
        known.KEY_BASE,
        known.OCCURRENCE,
        known.ROW_HASH,
        known.MONDAY_ITEM_ID,
        orders_before.ROW_HASH as HASH_BEFORE,
        case when known.POOL = 2 and orders_before.ORDER_KEY is not null then 1 else known.POOL end as POOL,
        case when known.POOL = 2 then 1 else 0 end as IS_ARCHIVED,
        {# How it may be guessed: 1 by the number alone, 2 by the style, too. -#}
        case
            when known.POOL in (3, 5) then 0
            when shared_numbers.IS_LONE = 1 then 1
            when orders_before.ORDER_KEY is not null then 2
            else 0
        end as GUESSES,
        coalesce(orders_before.QUANTITY, known.QUANTITY) as QUANTITY
    from known
    inner join shared_numbers
        on {{ exact('known.KEY_BASE') }} = {{ exact('shared_numbers.KEY_BASE') }}
    left join orders_before
        on {{ exact('known.ORDER_KEY') }} = {{ exact('orders_before.ORDER_KEY') }}
    where
        known.POOL <> 5
        or shared_numbers.IS_KNOWN = 1
),

sharing_rows as (
    select
        orders.SOURCE_ROW,
        {{ exact('orders.KEY_BASE') }} as KEY_BASE,
        orders.ROW_HASH,
        orders."TOTAL QTY" as QUANTITY
    from orders
    inner join shared_numbers
        on {{ exact('orders.KEY_BASE') }} = {{ exact('shared_numbers.KEY_BASE') }}
),

{# Most numbers are as they were: each row has one live order that equals it, and no other row is like it. -#}
alike as (
    select
        KEY_BASE,
        ROW_HASH,
        QUANTITY,
        count(SOURCE_ROW) as SOURCE_ROWS,
        count(ORDER_KEY) as LIVE_ORDERS,
        max(SOURCE_ROW) as SOURCE_ROW,
        max(ORDER_KEY) as ORDER_KEY
    from (
        select
            KEY_BASE,
            {{ exact('ROW_HASH') }} as ROW_HASH,
            QUANTITY,
            SOURCE_ROW,
            cast(null as nvarchar(255)) as ORDER_KEY
        from sharing_rows

        union all

        select
            {{ exact('KEY_BASE') }} as KEY_BASE,
            {{ exact('ROW_HASH') }} as ROW_HASH,
            QUANTITY,
            cast(null as bigint) as SOURCE_ROW,
            {{ exact('ORDER_KEY') }} as ORDER_KEY
        from sharing_orders
        where POOL = 1
    ) as both_sides
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

settled_rows as (
    select
        SOURCE_ROW,
        ORDER_KEY
    from judged_numbers
    where
        IS_OPEN = 0
        and SOURCE_ROW is not null
),

open_numbers as (
    select
        {{ exact('shared_numbers.KEY_BASE') }} as KEY_BASE,
        max(shared_numbers.IS_KNOWN) as IS_KNOWN
    from shared_numbers
    inner join judged_numbers
        on {{ exact('shared_numbers.KEY_BASE') }} = {{ exact('judged_numbers.KEY_BASE') }}
    where judged_numbers.IS_OPEN = 1
    group by {{ exact('shared_numbers.KEY_BASE') }}
),

{# What the sizes of a row are, and what the board shows of an order's: rows may differ in nothing else. -#}
party_sizes as (
    select
        sizes.SOURCE_ROW,
        cast(null as nvarchar(255)) as ORDER_KEY,
        {{ exact('sizes.SIZE_LABEL') }} as SIZE_LABEL,
        cast(sum(sizes.ORDER_QTY) as bigint) as ORDER_QTY
    from {{ ref('int_order_sizes') }} as sizes
    inner join sharing_rows
        on sizes.SOURCE_ROW = sharing_rows.SOURCE_ROW
    inner join open_numbers
        on sharing_rows.KEY_BASE = open_numbers.KEY_BASE
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
    inner join sharing_orders
        on {{ exact('subitems.ORDER_KEY') }} = {{ exact('sharing_orders.ORDER_KEY') }}
    inner join open_numbers
        on {{ exact('sharing_orders.KEY_BASE') }} = {{ exact('open_numbers.KEY_BASE') }}
    where
        subitems.MONDAY_SUBITEM_ID is not null
        and subitems.MONDAY_PARENT_ITEM_ID = sharing_orders.MONDAY_ITEM_ID
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

{# Both sides in one table: the rows, and the orders that are known, archived ones and rejected rows behind the others. -#}
parties as (
    select
        {{ computed_once() }}
        1 as IS_ROW,
        orders.SOURCE_ROW,
        cast(null as nvarchar(255)) as ORDER_KEY,
        cast(null as bigint) as OCCURRENCE,
        {{ row_pool }} as POOL,
        case when orders.REASONS is null then 0 else 1 end as IS_LATER,
        0 as GUESSES,
        open_numbers.IS_KNOWN,
        {{ exact("coalesce(size_lists.SIZE_LIST, '')") }} as SIZE_LIST,
        {{ exact('orders.KEY_BASE') }} as KEY_BASE,
        {{ exact('orders.ROW_HASH') }} as ROW_HASH,
        {{ exact('orders.ROW_HASH') }} as HASH_BEFORE,
        {{ exact('orders.SOURCE_CUSTOMER') }} as SOURCE_CUSTOMER,
        {{ exact('orders.BATCH_CUSTOMER') }} as CUSTOMER,
        {%- for name in identity %}
        {{ short_text('details.' ~ quoted_name(name), 255) }} as {{ quoted_name(name) }},
        {%- endfor %}
        {{ exact(tie_text | replace('party.', 'details.')) }} as TIE_TEXT,
        orders."TOTAL QTY" as QUANTITY
    from orders
    inner join open_numbers
        on {{ exact('orders.KEY_BASE') }} = {{ exact('open_numbers.KEY_BASE') }}
    inner join {{ ref('stg_erp__orders') }} as details
        on orders.SOURCE_ROW = details.SOURCE_ROW
    left join size_lists
        on orders.SOURCE_ROW = size_lists.SOURCE_ROW

    union all

    select
        {{ computed_once() }}
        0 as IS_ROW,
        cast(null as bigint) as SOURCE_ROW,
        {{ exact('sharing_orders.ORDER_KEY') }} as ORDER_KEY,
        sharing_orders.OCCURRENCE,
        sharing_orders.POOL,
        sharing_orders.IS_ARCHIVED as IS_LATER,
        sharing_orders.GUESSES,
        1 as IS_KNOWN,
        {{ exact("coalesce(size_lists.SIZE_LIST, '')") }} as SIZE_LIST,
        {{ exact('sharing_orders.KEY_BASE') }} as KEY_BASE,
        {{ exact('sharing_orders.ROW_HASH') }} as ROW_HASH,
        {{ exact('sharing_orders.HASH_BEFORE') }} as HASH_BEFORE,
        {{ exact('items.SOURCE_CUSTOMER') }} as SOURCE_CUSTOMER,
        {{ exact('items.BATCH_CUSTOMER') }} as CUSTOMER,
        {%- for name in identity %}
        {{ short_text('items.' ~ quoted_name(name), 255) }} as {{ quoted_name(name) }},
        {%- endfor %}
        {{ exact(tie_text | replace('party.', 'items.')) }} as TIE_TEXT,
        sharing_orders.QUANTITY
    from sharing_orders
    inner join open_numbers
        on {{ exact('sharing_orders.KEY_BASE') }} = {{ exact('open_numbers.KEY_BASE') }}
    left join {{ source('monday', 'MON_CustMasterSchedule') }} as items
        on {{ exact('sharing_orders.ORDER_KEY') }} = {{ exact('items.ORDER_KEY') }}
    left join size_lists
        on {{ exact('sharing_orders.ORDER_KEY') }} = {{ exact('size_lists.ORDER_KEY') }}
),

folded as (
    select
        {{ computed_once() }}
        IS_ROW,
        SOURCE_ROW,
        ORDER_KEY,
        OCCURRENCE,
        POOL,
        IS_LATER,
        GUESSES,
        IS_KNOWN,
        KEY_BASE,
        ROW_HASH,
        HASH_BEFORE,
        {%- for name in ['SOURCE_CUSTOMER', 'CUSTOMER'] + identity %}
        {{ exact(short_text(match_text(quoted_name(name)), 255)) }} as {{ quoted_name(name) }},
        {%- endfor %}
        TIE_TEXT,
        QUANTITY,
        SIZE_LIST
    from parties
),

{# An order's customer is what the orders of that source name are called now; where none is left, what it was called. -#}
placed as (
    select
        {{ computed_once() }}
        folded.*,
        coalesce(
            max(case when IS_ROW = 1 then CUSTOMER end) over (partition by KEY_BASE, SOURCE_CUSTOMER), CUSTOMER
        ) as CUSTOMER_NOW,
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
),

{# Numbers instead of texts, so that the steps sort quickly; nulls are alike. -#}
step_0 as (
    select
        {{ computed_once() }}
        {%- set by_style = 'CUSTOMER_NOW, "STYLE"' %}
        {%- set by_colour = by_style ~ ', "COLOR"' %}
        {%- set by_po = by_colour ~ ', "PO NUMBER"' %}
        dense_rank() over (order by KEY_BASE) as NUMBER_ID,
        IS_ROW,
        SOURCE_ROW,
        ORDER_KEY,
        OCCURRENCE,
        POOL,
        GUESSES,
        QUANTITY,
        PLACE,
        dense_rank() over (partition by KEY_BASE order by ROW_HASH, SIZE_LIST) as SIZES_CLASS,
        dense_rank() over (partition by KEY_BASE order by ROW_HASH) as HASH_CLASS,
        dense_rank() over (partition by KEY_BASE order by HASH_BEFORE) as BEFORE_CLASS,
        dense_rank() over (
            partition by KEY_BASE
            order by {{ by_po }}, "CUSTOMER ALT PO", "PLANNED DELIVERY METHOD", "DESTINATION"
        ) as WHOLE_CLASS,
        dense_rank() over (partition by KEY_BASE order by {{ by_po }}) as PO_CLASS,
        dense_rank() over (partition by KEY_BASE order by {{ by_colour }}) as COLOUR_CLASS,
        dense_rank() over (partition by KEY_BASE order by {{ by_style }}) as STYLE_CLASS
    from placed
    where IS_KNOWN = 1
),

{#- What is open and alike in a class (and in quantity, where the step asks for it) is counted off on both sides, and equal
    turns belong together. A step reads the one before once, for SQL Server writes it out wherever it is read; so what it
    finds is noted by the step behind it, and what the last one finds by one more. A step without a class takes what is left of a
    whole number, if that is one row and one order. #}
{%- set place = "TURN - case when IS_ROW = 1 then 0 else OPEN_ROWS end" %}
{%- for step in steps + [none] %}
{%- set last = steps[loop.index0 - 1] if loop.index0 else none %}
{%- set found = "IS_OPEN = 1 and " ~ place ~ " <= case when OPEN_ROWS < OPEN_PARTIES - OPEN_ROWS then OPEN_ROWS else OPEN_PARTIES - OPEN_ROWS end"
    ~ ("" if last and last.class else " and OPEN_PARTIES = 2") %}
{%- set pair_step = "case when " ~ found ~ " then " ~ loop.index0 ~ " else PAIR_STEP end" if last else "cast(null as int)" %}

step_{{ loop.index }} as (
    select
        NUMBER_ID,
        IS_ROW,
        SOURCE_ROW,
        ORDER_KEY,
        OCCURRENCE,
        POOL,
        GUESSES,
        QUANTITY,
        PLACE,
        SIZES_CLASS,
        HASH_CLASS,
        BEFORE_CLASS,
        WHOLE_CLASS,
        PO_CLASS,
        COLOUR_CLASS,
        STYLE_CLASS,
        {{ pair_step }} as PAIR_STEP,
        {{ "case when " ~ found ~ " then " ~ place ~ " else PAIR_TURN end" if last else "cast(null as bigint)" }} as PAIR_TURN
        {%- if step %}
        {%- set is_open = "case when " ~ (pair_step ~ " is null and " if last else "") ~ "(" ~ step.open ~ ") then 1 else 0 end" %}
        {%- set alike = "partition by NUMBER_ID, " ~ is_open ~ (", " ~ step.class if step.class else "")
            ~ (", QUANTITY" if step.by_quantity else "") ~ " order by IS_ROW desc, "
            ~ ("case when POOL = 6 then 1 else 0 end, " if scoped else "") ~ "PLACE" %}
        {%- set whole = alike ~ " rows between unbounded preceding and unbounded following" %},
        {{ is_open }} as IS_OPEN,
        row_number() over ({{ alike }}) as TURN,
        count(case when IS_ROW = 1 then 1 end) over ({{ whole }}) as OPEN_ROWS,
        count(*) over ({{ whole }}) as OPEN_PARTIES
        {%- endif %}
    from {{ 'step_' ~ loop.index0 }}
),
{%- endfor %}

paired as (
    select
        NUMBER_ID,
        IS_ROW,
        SOURCE_ROW,
        OCCURRENCE,
        PLACE,
        case
            when PAIR_STEP is not null
                then max(ORDER_KEY) over (
                    partition by
                        NUMBER_ID,
                        PAIR_STEP,
                        PAIR_TURN,
                        case PAIR_STEP
                            {%- for step in steps %}{% if step.class %} when {{ loop.index }} then {{ step.class }}{% endif %}{% endfor %} end,
                        case PAIR_STEP
                            {%- for step in steps %}{% if step.by_quantity %} when {{ loop.index }} then QUANTITY{% endif %}{% endfor %} end
                )
        end as PAIRED_KEY,
        PAIR_STEP,
        {# What the free numbers are counted among: rows that are left, and occurrences that are taken. -#}
        case
            when IS_ROW = 1 and PAIR_STEP is null then 1
            when IS_ROW = 0 and (POOL in (1, 2) or PAIR_STEP is not null) then 0
        end as IS_NEW
    from {{ 'step_' ~ (steps | length + 1) }}
),

ranked as (
    select
        NUMBER_ID,
        IS_ROW,
        SOURCE_ROW,
        PAIRED_KEY,
        PAIR_STEP,
        IS_NEW,
        case
            when IS_NEW = 1 then row_number() over (partition by NUMBER_ID, IS_NEW order by PLACE)
            when IS_NEW = 0 then OCCURRENCE - dense_rank() over (partition by NUMBER_ID, IS_NEW order by OCCURRENCE)
        end as FREE_NUMBERS,
        row_number() over (partition by NUMBER_ID, IS_NEW, OCCURRENCE order by IS_ROW) as REPEATED
    from paired
),

{# The n-th row that is left gets the n-th free number: n, and as many more as are taken below it. -#}
numbered as (
    select
        IS_ROW,
        SOURCE_ROW,
        PAIRED_KEY,
        PAIR_STEP,
        case
            when IS_NEW = 1
                then FREE_NUMBERS + count(case when IS_NEW = 0 and REPEATED = 1 then 1 end) over (
                    partition by NUMBER_ID
                    order by FREE_NUMBERS, IS_NEW desc
                    rows unbounded preceding
                )
        end as OCCURRENCE
    from ranked
    where IS_NEW is not null or IS_ROW = 1
),

assigned as (
    select
        SOURCE_ROW,
        PAIRED_KEY,
        PAIR_STEP,
        OCCURRENCE
    from numbered
    where IS_ROW = 1

    union all

    select
        SOURCE_ROW,
        cast(null as nvarchar(255)) as PAIRED_KEY,
        cast(null as int) as PAIR_STEP,
        PLACE as OCCURRENCE
    from placed
    where
        IS_KNOWN = 0
        and IS_ROW = 1

    union all

    select
        SOURCE_ROW,
        ORDER_KEY as PAIRED_KEY,
        {{ (steps | map(attribute='class') | list).index('HASH_CLASS') + 1 }} as PAIR_STEP,
        cast(null as bigint) as OCCURRENCE
    from settled_rows
),

keyed as (
    select
        {{ computed_once() }}
        orders.*,
        case
            when assigned.PAIRED_KEY is not null then assigned.PAIRED_KEY
            when assigned.OCCURRENCE > 1
                then concat(orders.KEY_BASE, '#', assigned.OCCURRENCE)
            when assigned.OCCURRENCE = 1 then orders.KEY_BASE
            else coalesce(lone_orders.ORDER_KEY, orders.KEY_BASE)
        end as LONG_KEY,
        case
            when assigned.PAIRED_KEY is not null
                then case assigned.PAIR_STEP
                    {%- for step in steps %}
                    when {{ loop.index }} then '{{ step.said }}'
                    {%- endfor %}
                end
            when assigned.OCCURRENCE is null and lone_orders.ORDER_KEY is not null
                then 'the only row and the only order of the number'
        end as PAIRED_BY
    from orders
    left join assigned
        on orders.SOURCE_ROW = assigned.SOURCE_ROW
    left join lone_orders
        on {{ exact('orders.KEY_BASE') }} = {{ exact('lone_orders.KEY_BASE') }}
),

judged as (
    select
        SOURCE_ROW,
        case when {{ utf16_length('LONG_KEY') }} <= 255 then {{ short_text('LONG_KEY', 255) }} end as ORDER_KEY,
        BATCH_CUSTOMER,
        SOURCE_CUSTOMER,
        ITEM_NAME,
        GROUP_NAME,
        ROW_HASH,
        PAIRED_BY,
        substring(
            case
                when {{ utf16_length('LONG_KEY') }} > 255
                    then concat(REASONS, '; The key made of the AAG ORDER NUMBER is longer than 255 characters.')
                else REASONS
            end, 3, 4000
        ) as REASONS,
        case when REASONS is null and coalesce({{ utf16_length('LONG_KEY') }}, 0) <= 255 then 1 else 0 end as IS_QUALIFIED,
        IS_CHOSEN,
        IS_IN_SCOPE,
        IS_CANCELLED,
        "TOTAL QTY"
    from keyed
)

select * from judged
