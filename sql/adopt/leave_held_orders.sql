-- Drops from the plan what another run has in hand, or confirmed since the plan was made.
{% import "push/_macros.sql" as q with context %}
{% import "adopt/_macros.sql" as a with context %}
delete from {{ a.temp("ADOPT_PAIRS") }}
where MATCHED_BY not in ('KNOWN', 'ARCHIVED')
    and (
        not exists (
            select 1
            from {{ table("MON_RowClaims") }} as c
            where c.LEVEL = 'ITEM' and c.ROW_KEY = {{ a.temp("ADOPT_PAIRS") }}.ORDER_KEY and c.REQUEST_ID = ?
        )
        or exists (
            select 1
            from {{ table("MON_CustMasterSchedule") }} as m
            where m.MONDAY_ITEM_ID is not null
                and m.ARCHIVED_AT is null
                and (
                    {{ q.bin("m.ORDER_KEY") }} = {{ a.temp("ADOPT_PAIRS") }}.ORDER_KEY
                    or m.MONDAY_ITEM_ID = {{ a.temp("ADOPT_PAIRS") }}.ITEM_ID
                )
        )
    )
