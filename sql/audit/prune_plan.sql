-- Orders of which something is pending are left to the push that is at them.
{% import "audit/_macros.sql" as a with context %}
delete from {{ a.work("Plan") }}
where exists (select 1 from {{ a.work("Pending") }} as b where b.LEVEL = 'ITEM' and b.ROW_KEY = {{ a.work("Plan") }}.ORDER_KEY)
    or exists (
        select 1
        from {{ a.work("Rows") }} as r
        inner join {{ a.work("Pending") }} as b on b.LEVEL = r.LEVEL and b.ROW_KEY = r.ROW_KEY
        where r.ORDER_KEY = {{ a.work("Plan") }}.ORDER_KEY
    )
