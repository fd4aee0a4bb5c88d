{#- A step in the pairing of rows with known orders. Those that are open and alike in a class (and in quantity, where the
    step asks for it) are counted off on both sides, and equal turns belong together. A step reads the one before once,
    for SQL Server writes it out wherever it is read; so what it finds is noted by the step behind it, and what the last
    one finds by a call with its number plus one. A step without a class takes what is left of a whole number, if that is
    one row and one order. -#}
{% macro pairing_step(steps, number) -%}
    {%- set place = "TURN - case when IS_ROW = 1 then 0 else OPEN_ROWS end" -%}
    {%- if number > 1 -%}
        {%- set found = "IS_OPEN = 1 and " ~ place ~ " <= case when OPEN_ROWS < OPEN_PARTIES - OPEN_ROWS then OPEN_ROWS else OPEN_PARTIES - OPEN_ROWS end"
            ~ ("" if steps[number - 2].class else " and OPEN_PARTIES = 2") -%}
        {%- set pair_step = "case when " ~ found ~ " then " ~ (number - 1) ~ " else PAIR_STEP end" -%}
    {%- endif -%}
    select
        NUMBER_ID,
        IS_ROW,
        SOURCE_ROW,
        ORDER_KEY,
        OCCURRENCE,
        POOL,
        IS_LISTED,
        QUANTITY,
        PLACE,
        ROW_PLACE,
        SIZES_CLASS,
        HASH_CLASS,
        BEFORE_CLASS,
        WHOLE_CLASS,
        PO_CLASS,
        COLOUR_CLASS,
        STYLE_CLASS,
        {% if number > 1 -%}
        {{ pair_step }} as PAIR_STEP,
        case when {{ found }} then {{ place }} else PAIR_TURN end as PAIR_TURN
        {%- else -%}
        cast(null as int) as PAIR_STEP,
        cast(null as bigint) as PAIR_TURN
        {%- endif %}
        {%- if number <= steps | length %}
        {%- set step = steps[number - 1] %}
        {%- set is_open = "case when " ~ (pair_step ~ " is null and " if number > 1 else "") ~ "(IS_ROW = 1 or " ~ step.orders ~ ") then 1 else 0 end" %}
        {%- set alike = "partition by NUMBER_ID, " ~ is_open ~ (", " ~ step.class if step.class else "")
            ~ (", QUANTITY" if step.by_quantity else "") ~ " order by IS_ROW desc, PLACE" %},
        {{ is_open }} as IS_OPEN,
        row_number() over ({{ alike }}) as TURN,
        count(case when IS_ROW = 1 then 1 end) over (
            {{ alike }} rows between unbounded preceding and unbounded following
        ) as OPEN_ROWS,
        count(*) over ({{ alike }} rows between unbounded preceding and unbounded following) as OPEN_PARTIES
        {%- endif %}
    from step_{{ number - 1 }}
{%- endmacro %}
