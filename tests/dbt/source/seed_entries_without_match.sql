-- An entry that matches nothing may be misspelt, and what it should say is not said; or its customer, value or size is not
-- in the orders at present. Lists the entries.
{{ config(severity='warn', store_failures=true, schema=none, alias='CHECK_seed_entries_without_match') }}

{% set sources = {} %}
{% for field in source_fields() %}{% do sources.update({field.name: cell_text(quoted_name(field.source), field.source_type)}) %}{% endfor %}

with

customers as (
    select distinct {{ exact(upper_text('SOURCE_CUSTOMER')) }} as NAME
    from {{ ref('stg_erp__orders') }}
),

order_values as (
    {% for name in ['ORDER TYPE', 'US TARIFF RATE'] if name in sources %}
    {{ "union" if not loop.first }}
    select
        {{ text_literal(name) }} as COLUMN_NAME,
        {{ exact(match_text(sources[name])) }} as SOURCE_VALUE
    from {{ source('erp', 'ORDERS_UNIFIED') }}
    {% endfor %}
),

sizes as (
    select {{ exact(match_text('SIZE_COLUMN')) }} as NAME
    from {{ ref('int_sizes') }}
)

select
    'customer_aliases' as SEED,
    aliases.ALIAS as ENTRY
from {{ ref('customer_aliases') }} as aliases
left join customers
    on {{ exact(match_text('aliases.ALIAS')) }} = customers.NAME
where customers.NAME is null

union all

select
    'value_maps' as SEED,
    concat(maps.COLUMN_NAME, ': ', maps.SOURCE_VALUE) as ENTRY
from {{ ref('value_maps') }} as maps
left join order_values
    on
        {{ exact(match_text('maps.COLUMN_NAME')) }} = {{ exact('order_values.COLUMN_NAME') }}
        and {{ exact(match_text('maps.SOURCE_VALUE')) }} = order_values.SOURCE_VALUE
where order_values.SOURCE_VALUE is null

union all

select
    'size_labels' as SEED,
    labels.SIZE_COLUMN as ENTRY
from {{ ref('size_labels') }} as labels
left join sizes
    on {{ exact(match_text('labels.SIZE_COLUMN')) }} = sizes.NAME
where sizes.NAME is null
