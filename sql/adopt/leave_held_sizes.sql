-- Drops sizes that another run has in hand, and those of items that are not taken over after all.
{% import "adopt/_macros.sql" as a with context %}
delete from {{ a.temp("ADOPT_TAKEN_SIZES") }}
where not exists (
        select 1
        from {{ table("MON_RowClaims") }} as c
        where c.LEVEL = 'SUBITEM'
            and c.ROW_KEY = concat({{ a.temp("ADOPT_TAKEN_SIZES") }}.ORDER_KEY, '|', {{ a.temp("ADOPT_TAKEN_SIZES") }}.SIZE_LABEL)
            and c.REQUEST_ID = ?
    )
    or not exists (
        select 1
        from {{ a.temp("ADOPT_PAIRS") }} as p
        where p.ORDER_KEY = {{ a.temp("ADOPT_TAKEN_SIZES") }}.ORDER_KEY
            and p.ITEM_ID = {{ a.temp("ADOPT_TAKEN_SIZES") }}.ITEM_ID
    )
