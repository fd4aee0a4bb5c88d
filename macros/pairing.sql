{#- Keys of orders, and how the rows of a number are paired with the orders that are known of it. -#}

{#- The figures behind a key's # of occurrence, or an empty text. Every # of the number itself is doubled, so that one ends
    an odd run. -#}
{% macro key_occurrence(key) %}{{ return(adapter.dispatch('key_occurrence', 'order_sync')(key)) }}{% endmacro %}
{% macro default__key_occurrence(key) -%}
    case
        when contains({{ key }}, '#')
            then regexp_extract({{ key }}, '^(?:.*[^#])?(?:##)*#([0-9]{1,9})$', 1, 's')
        else ''
    end
{%- endmacro %}
{% macro sqlserver__key_occurrence(key) -%}
    {%- set backwards = "reverse(" ~ exact(key) ~ ")" -%}
    {%- set behind = "patindex(N'%[^0-9]%', " ~ backwards ~ ")" -%}
    case
        when
            {{ exact(key) }} like N'%#%[0-9]'
            and {{ behind }} between 2 and 10
            and patindex(N'%[^#]%', substring({{ backwards }}, {{ behind }}, 600) + N'.') % 2 = 0
            then right({{ exact(key) }}, {{ behind }} - 1)
        else N''
    end
{%- endmacro %}

{#- Live orders, then archived ones, then keys whose creation is open or was refused; the guesses come last, and only for
    orders that the source had at the build before. Equal quantities come before the others of a class; rows that are alike in
    all that is pushed first of all keep the sizes that the board shows. -#}
{% macro pairing_steps() -%}
    {%- set compared = ['WHOLE_CLASS', 'PO_CLASS', 'COLOUR_CLASS'] -%}
    {%- set said = {
        'SIZES_CLASS': 'equal values and sizes', 'HASH_CLASS': 'equal values', 'BEFORE_CLASS': 'equal values at the build before',
        'WHOLE_CLASS': 'equal style, colour, POs, delivery method and destination', 'PO_CLASS': 'equal style, colour and PO',
        'COLOUR_CLASS': 'equal style and colour', 'STYLE_CLASS': 'equal style',
        none: 'the only row and the only order left of the number',
    } -%}
    {%- set steps = [] -%}
    {%- for orders, classes, by_quantity in [
        ('POOL = 1', ['SIZES_CLASS'], [true]),
        ('POOL = 1', ['HASH_CLASS', 'BEFORE_CLASS'] + compared, [true, false]),
        ('POOL = 2', ['HASH_CLASS'] + compared, [true, false]),
        ('POOL = 3', ['HASH_CLASS'], [false]),
        ('IS_LISTED = 1', ['STYLE_CLASS'], [true, false]),
        ('IS_LISTED = 1', [none], [false]),
    ] -%}
        {%- for class in classes -%}
            {%- for equal in by_quantity -%}
                {%- set words = said[class] ~ (' and quantity' if equal else '') -%}
                {%- do steps.append({'class': class, 'by_quantity': equal, 'orders': orders, 'said': words}) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(steps) }}
{%- endmacro %}

{#- What is open and alike in a class (and in quantity, where the step asks for it) is counted off on both sides, and equal
    turns belong together. A step reads the one before once, for SQL Server writes it out wherever it is read; so what it
    finds is noted by the step behind it, and what the last one finds by a call with its number plus one. A step without a
    class takes what is left of a whole number, if that is one row and one order. -#}
{% macro pairing_step(steps, number) -%}
    {%- set place = "TURN - case when IS_ROW = 1 then 0 else OPEN_ROWS end" -%}
    {%- set last = steps[number - 2] if number > 1 else none -%}
    {%- set found = "IS_OPEN = 1 and " ~ place ~ " <= case when OPEN_ROWS < OPEN_PARTIES - OPEN_ROWS then OPEN_ROWS else OPEN_PARTIES - OPEN_ROWS end"
        ~ ("" if last and last.class else " and OPEN_PARTIES = 2") -%}
    {%- set pair_step = "case when " ~ found ~ " then " ~ (number - 1) ~ " else PAIR_STEP end" if last else "cast(null as int)" -%}
    select
        NUMBER_ID, IS_ROW, SOURCE_ROW, ORDER_KEY, OCCURRENCE, POOL, IS_LISTED, QUANTITY, PLACE, ROW_PLACE, SIZES_CLASS,
        HASH_CLASS, BEFORE_CLASS, WHOLE_CLASS, PO_CLASS, COLOUR_CLASS, STYLE_CLASS,
        {{ pair_step }} as PAIR_STEP,
        {{ "case when " ~ found ~ " then " ~ place ~ " else PAIR_TURN end" if last else "cast(null as bigint)" }} as PAIR_TURN
        {%- if number <= steps | length %}
        {%- set step = steps[number - 1] %}
        {%- set is_open = "case when " ~ (pair_step ~ " is null and " if last else "") ~ "(IS_ROW = 1 or " ~ step.orders ~ ") then 1 else 0 end" %}
        {%- set alike = "partition by NUMBER_ID, " ~ is_open ~ (", " ~ step.class if step.class else "")
            ~ (", QUANTITY" if step.by_quantity else "") ~ " order by IS_ROW desc, PLACE" %}
        {%- set whole = alike ~ " rows between unbounded preceding and unbounded following" %},
        {{ is_open }} as IS_OPEN,
        row_number() over ({{ alike }}) as TURN,
        count(case when IS_ROW = 1 then 1 end) over ({{ whole }}) as OPEN_ROWS,
        count(*) over ({{ whole }}) as OPEN_PARTIES
        {%- endif %}
    from step_{{ number - 1 }}
{%- endmacro %}
