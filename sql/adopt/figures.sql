-- How much there is of everything.
{% import "adopt/_macros.sql" as a with context %}
select
    (select count(*) from {{ a.temp("ADOPT_ITEMS") }}) as BOARD_ITEMS,
    (select count(*) from {{ a.temp("ADOPT_ORDERS") }}) as STAGED_ORDERS,
    (select count(*) from {{ a.temp("ADOPT_PAIRS") }} where MATCHED_BY = 'KNOWN') as KNOWN_ITEMS,
    (select count(*) from {{ a.temp("ADOPT_PAIRS") }} where MATCHED_BY not in ('KNOWN', 'ARCHIVED')) as TAKEN_ITEMS,
    (select count(*) from {{ a.temp("ADOPT_TAKEN_SIZES") }}) as TAKEN_SIZES,
    (select count(*) from {{ a.temp("ADOPT_TAKEN_SIZES") }} where TWINS > 1) as DOUBLE_SIZES,
    (select count(*) from {{ a.temp("ADOPT_DOUBTS") }} where ORDER_KEY is not null) as DOUBTFUL_ORDERS,
    (select count(*) from {{ a.temp("ADOPT_DOUBTS") }} where ITEM_ID is not null) as DOUBTFUL_ITEMS
