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

with

orders as (
    select * from {{ ref('int_orders__named') }}
),

known as (
    select * from {{ ref('int_known_orders') }}
),

parties as (
    select * from {{ ref('int_parties') }}
),

{# Numbers instead of texts, so that the steps sort quickly; nulls are alike. -#}
step_0 as (
    select
        {%- set by_style = 'CUSTOMER_NOW, "STYLE"' %}
        {%- set by_colour = by_style ~ ', "COLOR"' %}
        {%- set by_po = by_colour ~ ', "PO NUMBER"' %}
        dense_rank() over (order by KEY_BASE) as NUMBER_ID,
        case when SOURCE_ROW is null then 0 else 1 end as IS_ROW,
        SOURCE_ROW,
        ORDER_KEY,
        OCCURRENCE,
        POOL,
        GUESSES,
        QUANTITY,
        PLACE,
        dense_rank() over (partition by KEY_BASE order by ROW_HASH, SIZE_LIST) as SIZES_CLASS,
        dense_rank() over (partition by KEY_BASE order by ROW_HASH) as HASH_CLASS,
        dense_rank() over (
            partition by KEY_BASE order by case when SOURCE_ROW is null then HASH_BEFORE else ROW_HASH end
        ) as BEFORE_CLASS,
        dense_rank() over (
            partition by KEY_BASE
            order by {{ by_po }}, "CUSTOMER ALT PO", "PLANNED DELIVERY METHOD", "DESTINATION"
        ) as WHOLE_CLASS,
        dense_rank() over (partition by KEY_BASE order by {{ by_po }}) as PO_CLASS,
        dense_rank() over (partition by KEY_BASE order by {{ by_colour }}) as COLOUR_CLASS,
        dense_rank() over (partition by KEY_BASE order by {{ by_style }}) as STYLE_CLASS
    from parties
    where NEEDS = 'PAIRING'
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

{# Where the number has no known order, the place says it all; a row that is settled brings its key. -#}
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
        ORDER_KEY as PAIRED_KEY,
        case when NEEDS = 'NOTHING' then {{ (steps | map(attribute='class') | list).index('HASH_CLASS') + 1 }} end as PAIR_STEP,
        PLACE as OCCURRENCE
    from parties
    where NEEDS <> 'PAIRING'
),

{# A row that is no party has one confirmed order of its number at most. -#}
keyed as (
    select
        {{ computed_once() }}
        orders.*,
        case
            when assigned.OCCURRENCE > 1 then concat(orders.KEY_BASE, '#', assigned.OCCURRENCE)
            else coalesce(assigned.PAIRED_KEY, known.ORDER_KEY, orders.KEY_BASE)
        end as LONG_KEY,
        case
            {%- for step in steps %}
            when assigned.PAIR_STEP = {{ loop.index }} then '{{ step.said }}'
            {%- endfor %}
            when known.ORDER_KEY is not null then 'the only row and the only order of the number'
        end as PAIRED_BY
    from orders
    left join assigned
        on orders.SOURCE_ROW = assigned.SOURCE_ROW
    left join known
        on
            {{ exact('orders.KEY_BASE') }} = {{ exact('known.KEY_BASE') }}
            and known.POOL in (1, 2)
            and assigned.SOURCE_ROW is null
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
