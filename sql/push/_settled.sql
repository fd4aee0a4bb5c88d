{# Rows of the ledger whose requests were just answered, with what was recorded of them before sending: what is confirmed is what
   was sent. One parameter, the rows as JSON: request, alias, outcome, Monday's id, the board that the answer names, and whether
   the board shows another quantity than the one that was sent. #}
{% import "push/_macros.sql" as q with context %}

{% macro rows(recorded, fields=[]) %}
(
        select r.LEVEL, r.ORDER_KEY, r.SIZE_LABEL, r.BATCH_ID, r.ROW_HASH, r.CHANGE_TYPE, j.*, v.*
        from {{ q.json_rows([
            ("REQUEST_ID", short(36)), ("ALIAS", short(10)), ("OUTCOME", short(20)), ("MONDAY_ID", short(255)),
            ("BOARD_ID", bigint), ("DIFFERS", integer)] + fields) }} as j
        inner join {{ table("MON_ApiRequestRows") }} as r
            on r.REQUEST_ID = {{ q.bin("j.REQUEST_ID") }} and r.ALIAS = {{ q.bin("j.ALIAS") }}
{% if duckdb %}
        cross join lateral (
            select unnest(from_json(cast(r.ROW_VALUES as json), '{ {%- for name, type in recorded %}"{{ name }}": "{{ type }}"{{ ", " if not loop.last }}{% endfor -%} }'))
        ) as v
{% else %}
        cross apply openjson(r.ROW_VALUES) with ({% for name, type in recorded %}{{ quoted(name) }} {{ type }} '$."{{ name }}"'{{ ", " if not loop.last }}{% endfor %}) as v
{% endif %}
    )
{%- endmacro %}
