-- What a request under way may yet settle is pending, whatever it looks like now.
{% import "audit/_macros.sql" as a with context %}
update {{ a.work("Found") }}
set NOTE = CLASS, CLASS = 'pending'
where CLASS <> 'pending'
    and exists (
        select 1
        from {{ a.work("Pending") }} as p
        where (p.LEVEL = 'ITEM' and p.ROW_KEY = {{ a.work("Found") }}.ORDER_KEY)
            or (p.LEVEL = 'SUBITEM' and p.ROW_KEY = concat({{ a.work("Found") }}.ORDER_KEY, '|', {{ a.work("Found") }}.SIZE_LABEL))
            or (p.LEVEL = 'ID' and p.ROW_KEY = cast({{ a.work("Found") }}.MONDAY_ID as {{ short(40) }}))
    )
