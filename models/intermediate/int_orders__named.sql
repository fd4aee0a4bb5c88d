{% set fields = source_fields() %}
{% set hashed = hashed_fields() %}
{% set separator = text_literal(var('item_name_separator')) %}
{# While dbt parses, the value may be of any kind: the check at the start of the build names it. -#}
{% set room = 255 - var('item_name_separator') | string | length %}

with

orders as (
    select * from {{ ref('stg_erp__orders') }}
),

named as (
    select
        {{ computed_once() }}
        *,
        {{ short_text('"CUSTOMER"', 255) }} as BATCH_CUSTOMER,
        {{ short_text(
            match_text("concat(" ~ ('"CUSTOMER"' if var('group_customer') == 'canonical' else 'SOURCE_CUSTOMER')
                ~ ", ' ', coalesce(\"CUSTOMER SEASON\", \"AAG SEASON\", 'UNKNOWN SEASON'))"),
            255
        ) }} as GROUP_NAME,
        concat(
            {{ first_characters(
                'concat("STYLE", ' ~ separator ~ ', "COLOR")',
                'case when ' ~ text_length('"AAG ORDER NUMBER"') ~ ' < ' ~ room
                    ~ ' then ' ~ room ~ ' - ' ~ text_length('"AAG ORDER NUMBER"')
                    ~ ' else 0 end'
            ) }},
            {% if var('item_name_separator') -%}
            case
                when {{ text_length('"AAG ORDER NUMBER"') }} < {{ room }}
                    then {{ separator }}
                else ''
            end,
            {% endif -%}
            "AAG ORDER NUMBER"
        ) as ITEM_NAME,
        {# Longer than any key may be, so that the length can still be judged. -#}
        {{ short_text(upper_text('replace("AAG ORDER NUMBER", \'#\', \'##\')'), 300) }} as KEY_BASE
    from orders
),

copies as (
    select SOURCE_ROW
    from {{ ref('int_copies') }}
    where IS_REJECTED = 1
),

judged as (
    select
        {{ computed_once() }}
        named.SOURCE_ROW,
        {# A copy is no row of its number: it takes neither an order nor an occurrence. -#}
        case when copies.SOURCE_ROW is null then KEY_BASE end as KEY_BASE,
        BATCH_CUSTOMER,
        {{ short_text('SOURCE_CUSTOMER', 255) }} as SOURCE_CUSTOMER,
        {{ short_text('ITEM_NAME', 255) }} as ITEM_NAME,
        GROUP_NAME,
        {{ hash_text(hashed) }} as HASH_TEXT,
        cast("TOTAL QTY" as bigint) as "TOTAL QTY",
        nullif(
            concat(
                case when "AAG ORDER NUMBER" is null then '; The order has no AAG ORDER NUMBER.' else '' end,
                case when "CUSTOMER" is null then '; The order has no CUSTOMER NAME.' else '' end,
                case when "STYLE" is null then '; The order has no CUSTOMER STYLE.' else '' end,
                case when "COLOR" is null then '; The order has no CUSTOMER COLOUR DESCRIPTION.' else '' end,
                case
                    when copies.SOURCE_ROW is not null
                        then '; The row is a copy of another one in every cell, as are too many: the sheet was loaded twice.'
                    else ''
                end
                {%- if var('reject_unknown_customers') %},
                case
                    when "CUSTOMER" is not null and IS_KNOWN_CUSTOMER = 0
                        then '; The customer is not among the aliases of the seed customer_aliases.'
                    else ''
                end
                {%- endif %}
            ), ''
        ) as REASONS,
        IS_CHOSEN,
        case
            when IS_CHOSEN = 0 then 0
            {%- if var('received_from') %}
            when "ORDER DATE PO RECEIVED" < cast('{{ var('received_from') }}' as date) then 0
            {%- endif %}
            else 1
        end as IS_IN_SCOPE,
        case when {{ upper_text('"ORDER TYPE"') }} = 'CANCELLED' then 1 else 0 end as IS_CANCELLED
    from named
    left join copies
        on named.SOURCE_ROW = copies.SOURCE_ROW
),

hashed as (
    select
        SOURCE_ROW,
        KEY_BASE,
        BATCH_CUSTOMER,
        SOURCE_CUSTOMER,
        ITEM_NAME,
        GROUP_NAME,
        {# The names of the columns besides: a field in another's place may hold the same values. -#}
        {{ sha256_hex("concat('" ~ local_md5(tojson(hashed | map(attribute='name') | list)) ~ "|', HASH_TEXT)") }} as ROW_HASH,
        "TOTAL QTY",
        REASONS,
        IS_CHOSEN,
        IS_IN_SCOPE,
        IS_CANCELLED
    from judged
)

select * from hashed
