{{ config(indexes=table_indexes([{'columns': ['SOURCE_ROW'], 'unique': true}])) }}

{% set fields = source_fields() %}
{% set sizes = order_sync.size_columns() %}
{# What no field is read from; record_uuid is another at each load. -#}
{% set mapped = ['record_uuid'] + fields | map(attribute='source') | map('lower') | list %}
{% set unmapped = [] %}
{% for name in order_columns() | map(attribute='name') if name | lower not in mapped -%}
{%- do unmapped.append(quoted_name(name)) -%}
{%- endfor %}
{% set long_texts = fields | selectattr('type', 'equalto', 'long_text') | list %}
{% set numbers = fields | selectattr('type', 'equalto', 'numbers') | map(attribute='name') | list + ['TOTAL QTY'] %}
{% set dates = fields | selectattr('type', 'equalto', 'date') | map(attribute='name') | list %}
{# What the tables of the board can hold: no fraction, and four bytes. -#}
{% set total_quantity -%}
case
                when "TOTAL QTY" = floor("TOTAL QTY") and "TOTAL QTY" between -2147483648 and 2147483647
                    then cast("TOTAL QTY" as int)
            end
{%- endset %}
{% set total = source_columns().get('TOTAL QTY', {'name': 'TOTAL QTY', 'type': none}) %}
{# Spelling tells no two rows apart, of numbers and customers case neither. -#}
{% set cells = ['cleaned.CELLS_HASH'] %}
{% for field in fields -%}
{%- set cell = 'cleaned.' ~ field.quoted -%}
{%- do cells.append(upper_text(cell) if field.name in ['AAG ORDER NUMBER', 'CUSTOMER'] else cell) -%}
{%- endfor %}
{% set retyped_sizes = order_columns() | selectattr('is_size') | rejectattr('family', 'equalto', 'integer') | map(attribute='name') | list %}

with

source as (
    select
        *,
        {% if var('orders_scope') -%}
        case
            when (
                {{ var('orders_scope') }}
            )
                then 1
            else 0
        end
        {%- else -%}
        1
        {%- endif %} as IS_CHOSEN
    from {{ source('erp', 'ORDERS_UNIFIED') }}
),

known_customers as (
    select
        {{ match_text('ALIAS') }} as MATCH_NAME,
        {{ trim_text('CANONICAL_CUSTOMER', fold=true) }} as CANONICAL_CUSTOMER,
        1 as PREFERENCE
    from {{ ref('customer_aliases') }}

    union all

    select
        {{ match_text('CANONICAL_CUSTOMER') }} as MATCH_NAME,
        {{ trim_text('CANONICAL_CUSTOMER', fold=true) }} as CANONICAL_CUSTOMER,
        2 as PREFERENCE
    from {{ ref('customer_aliases') }}
),

ranked_customers as (
    select
        MATCH_NAME,
        CANONICAL_CUSTOMER,
        row_number() over (
            partition by {{ exact('MATCH_NAME') }}
            order by PREFERENCE, {{ exact('CANONICAL_CUSTOMER') }}
        ) as PLACE
    from known_customers
),

customers as (
    select
        MATCH_NAME,
        {{ exact('CANONICAL_CUSTOMER') }} as CANONICAL_CUSTOMER
    from ranked_customers
    where PLACE = 1
),

board_values as (
    select
        {{ match_text('COLUMN_NAME') }} as COLUMN_NAME,
        {{ match_text('SOURCE_VALUE') }} as SOURCE_VALUE,
        {{ exact(trim_text('BOARD_VALUE', fold=true)) }} as BOARD_VALUE
    from {{ ref('value_maps') }}
),

trimmed as (
    select
        {{ computed_once() }}
        {{ row_numbers() }} as SOURCE_ROW,
        IS_CHOSEN,
        {{ cells_hash(unmapped) }} as CELLS_HASH,
        {%- for field in fields %}
        {{ quoted_name(field.source) if field.source_type == 'date' else trim_text(
            cell_text(quoted_name(field.source), field.source_type),
            keep_line_ends=field.type == 'long_text',
            fold=field.name in ['AAG ORDER NUMBER', 'CUSTOMER']
        ) }} as {{ field.quoted }},
        {%- endfor %}
        {%- for size in sizes %}
        {{ 'try_cast(' ~ quoted_name(size) ~ ' as bigint) as ' if size in retyped_sizes }}{{ quoted_name(size) }},
        {%- endfor %}
        {{ trim_text(cell_text(quoted_name(total.name), total.type)) }} as "TOTAL QTY"
    from source
),

cleaned as (
    select
        {{ computed_once() }}
        SOURCE_ROW,
        IS_CHOSEN,
        CELLS_HASH,
        {%- for field in fields %}
        {% if field.source_type == 'date' -%}
        {{ field.quoted }},
        {%- else -%}
        case
            when {{ dbt.length(field.quoted) }} > 4 then {{ field.quoted }}
            when {{ exact('lower(' ~ field.quoted ~ ')') }} not in {{ words_for_nothing() }} then {{ field.quoted }}
        end as {{ field.quoted }},
        {%- endif %}
        {%- endfor %}
        {%- for size in sizes %}
        {{ quoted_name(size) }},
        {%- endfor %}
        case
            when {{ dbt.length('"TOTAL QTY"') }} > 4 then "TOTAL QTY"
            when {{ exact('lower("TOTAL QTY")') }} not in {{ words_for_nothing() }} then "TOTAL QTY"
        end as "TOTAL QTY"
    from trimmed
),

mapped as (
    select
        {{ computed_once() }}
        cleaned.SOURCE_ROW,
        cleaned.IS_CHOSEN,
        {{ cells_hash(cells) }} as CELLS_HASH,
        {%- for field in fields %}
        {% if field.name == 'CUSTOMER' -%}
        coalesce(customers.CANONICAL_CUSTOMER, {{ upper_text('cleaned."CUSTOMER"') }}) as "CUSTOMER"
        {%- elif field.name == 'ORDER TYPE' -%}
        coalesce(order_types.BOARD_VALUE, cleaned."ORDER TYPE") as "ORDER TYPE"
        {%- elif field.name == 'US TARIFF RATE' -%}
        {{ number_text('coalesce(tariff_rates.BOARD_VALUE, cleaned."US TARIFF RATE")') }} as "US TARIFF RATE"
        {%- elif field.type == 'numbers' -%}
        {{ number_text('cleaned.' ~ field.quoted) }} as {{ field.quoted }}
        {%- elif field.type == 'long_text' -%}
        {# One character of the limit goes to the ellipsis, so that the whole still fits the board. -#}
        case
            when {{ text_length('cleaned.' ~ field.quoted) }} > 2000
                then concat({{ first_characters('cleaned.' ~ field.quoted, 1999) }}, {{ characters([8230]) }})
            else cleaned.{{ field.quoted }}
        end as {{ field.quoted }}
        {%- else -%}
        cleaned.{{ field.quoted }}
        {%- endif %},
        {%- endfor %}
        cleaned."CUSTOMER" as SOURCE_CUSTOMER,
        case when customers.CANONICAL_CUSTOMER is null then 0 else 1 end as IS_KNOWN_CUSTOMER,
        concat(
            ''
            {%- for field in long_texts %},
            case
                when {{ text_length('cleaned.' ~ field.quoted) }} > 2000
                    then {{ text_literal('; ' ~ field.name) }}
                else ''
            end
            {%- endfor %}
        ) as CUT_TEXTS,
        {%- for size in sizes %}
        cleaned.{{ quoted_name(size) }},
        {%- endfor %}
        {{ number_text('cleaned."TOTAL QTY"') }} as "TOTAL QTY"
    from cleaned
    left join customers
        on {{ upper_text('cleaned."CUSTOMER"') }} = {{ exact('customers.MATCH_NAME') }}
    left join board_values as order_types
        on
            order_types.COLUMN_NAME = 'ORDER TYPE'
            and {{ match_text('cleaned."ORDER TYPE"') }} = {{ exact('order_types.SOURCE_VALUE') }}
    left join board_values as tariff_rates
        on
            tariff_rates.COLUMN_NAME = 'US TARIFF RATE'
            and {{ match_text('cleaned."US TARIFF RATE"') }} = {{ exact('tariff_rates.SOURCE_VALUE') }}
),

valued as (
    select
        {{ computed_once() }}
        SOURCE_ROW,
        IS_CHOSEN,
        CELLS_HASH,
        {%- for field in fields %}
        {% if field.type in ['numbers', 'date'] -%}
        {{ number_value(field.quoted) if field.type == 'numbers' else date_value(field.quoted, field.source_type) }} as {{ field.quoted }},
        case when {{ field.quoted }} is null then 0 else 1 end as {{ quoted_name('HAS ' ~ field.name) }}
        {%- else -%}
        {{ field.quoted }}
        {%- endif %},
        {%- endfor %}
        SOURCE_CUSTOMER,
        IS_KNOWN_CUSTOMER,
        CUT_TEXTS,
        {%- for size in sizes %}
        {{ quoted_name(size) }},
        {%- endfor %}
        {{ number_value('"TOTAL QTY"') }} as "TOTAL QTY",
        case when "TOTAL QTY" is null then 0 else 1 end as "HAS TOTAL QTY"
    from mapped
),

typed as (
    select
        SOURCE_ROW,
        IS_CHOSEN,
        CELLS_HASH,
        {%- for field in fields %}
        {{ field.quoted }},
        {%- endfor %}
        SOURCE_CUSTOMER,
        IS_KNOWN_CUSTOMER,
        nullif(substring(CUT_TEXTS, 3, 4000), '') as CUT_TEXTS,
        {%- for reported, names in [('UNPARSABLE_NUMBERS', numbers), ('UNPARSABLE_DATES', dates)] %}
        nullif(
            substring(
                concat(
                    ''
                    {%- for name in names %},
                    case
                        when {{ total_quantity if name == 'TOTAL QTY' else quoted_name(name) }} is null and {{ quoted_name('HAS ' ~ name) }} = 1
                            then {{ text_literal('; ' ~ name) }}
                        else ''
                    end
                    {%- endfor %}
                ),
                3,
                4000
            ),
            ''
        ) as {{ reported }},
        {%- endfor %}
        {%- for size in sizes %}
        {{ quoted_name(size) }},
        {%- endfor %}
        {{ total_quantity }} as "TOTAL QTY"
    from valued
)

select * from typed
