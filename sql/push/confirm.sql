-- Writes what Monday confirmed, as the ledger recorded it: rows that are known already (changed, or made again under a new id), or
-- those that aren't (new). An item made again has nothing in columns that aren't mapped any more: a field that returns is written
-- again.
{% import "push/_macros.sql" as q with context %}
{% import "push/_settled.sql" as s with context %}
{% set item = level == "ITEM" %}
{% set target = table("MON_CustMasterSchedule" if item else "MON_CustMasterSchedule_Subitems") %}
{% set id = "MONDAY_ITEM_ID" if item else "MONDAY_SUBITEM_ID" %}
{% set key = ["ORDER_KEY"] if item else ["ORDER_KEY", "SIZE_LABEL"] %}
{% set recorded = [
    ("ITEM_NAME", short(255)), ("GROUP_NAME", short(255)), ("BATCH_CUSTOMER", short(255)), ("SOURCE_CUSTOMER", short(255)),
    ("TOTAL QTY", integer), ("_group_id", short(255)), ("_board_id", bigint)] + json_columns if item
    else [("ORDER_QTY", bigint), ("_parent_id", bigint), ("_board_id", bigint)] %}
{% set values = {"BATCH_ID": "c.BATCH_ID"} %}
{% if item %}
{% set values = dict(values, ROW_HASH="c.ROW_HASH", MONDAY_GROUP_ID='c."_group_id"', MONDAY_BOARD_ID='c."_board_id"') %}
{% else %}
{# an adopted subitem that shows another quantity stays unconfirmed, so that the next build stages it #}
{% set values = dict(values, ORDER_QTY="case when c.DIFFERS = 1 then null else c.ORDER_QTY end", MONDAY_PARENT_ITEM_ID='c."_parent_id"',
    MONDAY_SUBITEM_BOARD_ID='coalesce(c.BOARD_ID, c."_board_id"' ~ (", " ~ target ~ ".MONDAY_SUBITEM_BOARD_ID" if state != "new" else "") ~ ")") %}
{% endif %}
{% set settled %}
{{ s.rows(recorded) }} as c
where c.LEVEL = '{{ level }}' and c.OUTCOME in ('OK', 'ADOPTED') and c.CHANGE_TYPE {{ "= 'CREATE'" if state != "changed" else "not in ('CREATE', 'ARCHIVE')" }}
{% endset %}
{% set plain = recorded | map("first") | reject("in", ["_group_id", "_board_id", "_parent_id", "ORDER_QTY"]) | list %}
{% if state == "new" %}
insert into {{ target }} (
    {{ key | join(", ") }}, {{ id }}, FIRST_PUSHED_AT, LAST_PUSHED_AT, {{ values | join(", ") }}{% for name in plain %}, {{ quoted(name) }}{% endfor %}

)
select
    {% for name in key %}c.{{ name }}, {% endfor %}try_cast(c.MONDAY_ID as {{ bigint }}), ?, ?, {{ values.values() | join(", ") }}{% for name in plain %}, c.{{ quoted(name) }}{% endfor %}

from {{ settled }}
    and not exists (select 1 from {{ target }} as m where {% for name in key %}m.{{ name }} = {{ q.bin("c." ~ name) }}{{ " and " if not loop.last }}{% endfor %})
{% else %}
update {{ target }}
set
{% for name in plain if state == "again" or name not in written_once %}
    {{ quoted(name) }} = c.{{ quoted(name) }},
{% endfor %}
{% for name in former if item and state == "again" %}
    {{ quoted(name) }} = null,
{% endfor %}
{% for name, value in values.items() if state == "again" or name != "MONDAY_PARENT_ITEM_ID" %}
    {{ name }} = {{ value }},
{% endfor %}
{% if state == "again" %}
    {{ id }} = try_cast(c.MONDAY_ID as {{ bigint }}), FIRST_PUSHED_AT = ?,
{% endif %}
{% if item %}
    ARCHIVED_AT = null,
{% endif %}
    LAST_PUSHED_AT = ?
from {{ settled }}
    {% for name in key %}and {{ target }}.{{ name }} = {{ q.bin("c." ~ name) }} {% endfor %}

{% endif %}
