{#- A rule of the adoption over orders and items, after the rules before it: an order and an item belong together at the first
    level at which each is the other's only match; what a rule leads to one another without saying which belongs to which is
    in doubt, and no later rule decides it. Levels only ever split a group, so what one pairs can't change the counts of
    another. Each step reads the one before once, for SQL Server writes it out wherever it is read. -#}
{% macro adoption_rule(name, columns, is_open, before) -%}
    {%- set refinements = [[], ['PO'], ['PO', 'ALT_PO'], ['PO', 'ALT_PO', 'DELIVERY', 'DESTINATION'],
        ['PO', 'ALT_PO', 'DELIVERY', 'DESTINATION', 'QTY']] -%}
    {%- set levels = refinements[:1] if name == 'KEY' else refinements -%}
    {%- set kept = ['ORDER_KEY', 'ITEM_ID', 'N_KEY', 'N_NUMBER', 'N_STYLE', 'N_COLOR', 'N_NAME', 'PO', 'ALT_PO', 'DELIVERY',
        'DESTINATION', 'QTY'] -%}
    {%- set filled = [] -%}
    {%- for column in columns %}{% do filled.append(column ~ ' is not null') %}{% endfor -%}
    {%- set step = name | lower -%}
    {{ step }}_open as (
        select
            {{ before }}.*,
            case when MATCHED_BY is null and {{ filled | join(' and ') }} and (ITEM_ID is null or {{ is_open }}) then 1 else 0 end as IS_OPEN
        from {{ before }}
    ),

    {{ step }}_counted as (
        select
            {{ step }}_open.*
            {%- for refinement in levels %}
            {%- set alike = 'partition by IS_OPEN, ' ~ (columns + refinement) | join(', ') %},
            count(ORDER_KEY) over ({{ alike }}) as ORDERS_{{ loop.index0 }},
            count(ITEM_ID) over ({{ alike }}) as ITEMS_{{ loop.index0 }},
            max(ORDER_KEY) over ({{ alike }}) as ORDER_{{ loop.index0 }}
            {%- endfor %}
        from {{ step }}_open
    ),

    {{ step }}_paired as (
        select
            {{ step }}_counted.*,
            case
                when IS_OPEN = 0 then null
                {%- for refinement in levels %}
                when ORDERS_{{ loop.index0 }} = 1 and ITEMS_{{ loop.index0 }} = 1 then ORDER_{{ loop.index0 }}
                {%- endfor %}
            end as FOUND_ORDER
        from {{ step }}_counted
    ),

    {{ step }}_doubted as (
        select
            {{ step }}_paired.*
            {%- set alike = 'partition by IS_OPEN, case when FOUND_ORDER is null then 0 else 1 end, ' ~ columns | join(', ') %},
            count(ORDER_KEY) over ({{ alike }}) as OPEN_ORDERS,
            count(ITEM_ID) over ({{ alike }}) as OPEN_ITEMS,
            min(ITEM_ID) over ({{ alike }}) as FIRST_ITEM
        from {{ step }}_paired
    ),

    {{ step }}_done as (
        select
            {%- for column in kept %}
            {{ column }},
            {%- endfor %}
            case
                when MATCHED_BY is not null then MATCHED_BY
                when FOUND_ORDER is not null or (IS_OPEN = 1 and OPEN_ORDERS > 0 and OPEN_ITEMS > 0) then '{{ name }}'
            end as MATCHED_BY,
            coalesce(PAIRED_ORDER, FOUND_ORDER) as PAIRED_ORDER,
            case
                when MATCHED_BY is not null then DOUBT_ID
                when IS_OPEN = 1 and FOUND_ORDER is null and OPEN_ORDERS > 0 and OPEN_ITEMS > 0 then FIRST_ITEM
            end as DOUBT_ID,
            case when MATCHED_BY is null then OPEN_ORDERS else DOUBT_ORDERS end as DOUBT_ORDERS,
            case when MATCHED_BY is null then OPEN_ITEMS else DOUBT_ITEMS end as DOUBT_ITEMS
        from {{ step }}_doubted
    )
{%- endmacro %}
