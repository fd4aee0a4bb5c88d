-- What is to be done, by batch and kind of change; with a limit, of the orders that a push takes first.
{% import "push/_macros.sql" as q with context %}
select
    s.BATCH_ID, min(s.BATCH_CUSTOMER) as BATCH_CUSTOMER, count(*) as ROWS_STAGED, sum(case when s.ATTEMPTS > 0 then 1 else 0 end) as RETRIES,
{% if level == "ITEM" %}
    s.GROUP_NAME,
    case
        when s.CHANGE_TYPE = 'ARCHIVE' then 'ARCHIVE'
        when m.MONDAY_ITEM_ID is null or m.ARCHIVED_AT is not null then 'CREATE'
        when s.CHANGED_COLUMNS = '["GROUP_NAME"]' then 'MOVE'
        when s.CHANGED_COLUMNS like '%"GROUP_NAME"%' then 'UPDATE_AND_MOVE'
        else 'UPDATE'
    end as KIND
{{ q.items() }}
where {{ q.item_needs_work() }}
{% else %}
    null as GROUP_NAME,
    case
        when m.MONDAY_ITEM_ID is null and s.CHANGE_TYPE = 'CREATE' then 'CREATE'
        when x.MONDAY_SUBITEM_ID is null then 'CREATE'
        else 'UPDATE'
    end as KIND
{{ q.sizes() }}
where {{ q.size_needs_work() }}
{% endif %}
{{ q.chosen(selection) }}
{% if limit is defined and limit %}
{{ q.first_orders(limit, selection, with_sizes) }}
{% endif %}
group by
    s.BATCH_ID,
{% if level == "ITEM" %}
    s.GROUP_NAME,
    case
        when s.CHANGE_TYPE = 'ARCHIVE' then 'ARCHIVE'
        when m.MONDAY_ITEM_ID is null or m.ARCHIVED_AT is not null then 'CREATE'
        when s.CHANGED_COLUMNS = '["GROUP_NAME"]' then 'MOVE'
        when s.CHANGED_COLUMNS like '%"GROUP_NAME"%' then 'UPDATE_AND_MOVE'
        else 'UPDATE'
    end
{% else %}
    case
        when m.MONDAY_ITEM_ID is null and s.CHANGE_TYPE = 'CREATE' then 'CREATE'
        when x.MONDAY_SUBITEM_ID is null then 'CREATE'
        else 'UPDATE'
    end
{% endif %}
