-- A blank customer would leave its orders without batch and group. Where an alias leads to a name that is an alias itself, some
-- orders of a customer stand under the one name and some under the other, or two customers change names.
-- Lists the entries.
{{ config(store_failures=true, schema=none, alias='CHECK_customer_aliases_can_be_used') }}

with

aliases as (
    select
        concat(ALIAS, ',', CANONICAL_CUSTOMER) as ENTRY,
        {{ exact(match_text('ALIAS')) }} as ALIAS_NAME,
        {{ exact(match_text('CANONICAL_CUSTOMER')) }} as CANONICAL_NAME
    from {{ ref('customer_aliases') }}
)

select
    'customer_aliases' as SEED,
    ENTRY,
    'The canonical customer is blank.' as PROBLEM
from aliases
where {{ exact('lower(CANONICAL_NAME)') }} in {{ words_for_nothing() }}

union all

select
    'customer_aliases' as SEED,
    aliases.ENTRY,
    concat('The alias is the canonical customer of the entry ', others.ENTRY, '.') as PROBLEM
from aliases
inner join aliases as others
    on aliases.ALIAS_NAME = others.CANONICAL_NAME
where aliases.ALIAS_NAME <> aliases.CANONICAL_NAME
