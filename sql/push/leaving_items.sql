-- The items that are to be archived: archiving needs no board, so where they are is asked before.
{% import "push/_macros.sql" as q with context %}
select m.MONDAY_ITEM_ID
{{ q.items() }}
where s.CHANGE_TYPE = 'ARCHIVE'
    and {{ q.item_needs_work() }}
{{ q.chosen(selection) }}
order by m.MONDAY_ITEM_ID
