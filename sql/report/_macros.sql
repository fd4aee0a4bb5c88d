{# What the statements of the report share. #}
{% import "push/_macros.sql" as q with context %}

{# Rows of the batch, or of every batch that the run worked on last; one parameter. #}
{% macro shown(column, by) -%}
{% if by == "run" -%}
{{ q.bin(column) }} in (select b.BATCH_ID from {{ table("MON_BatchProcessing") }} as b where b.RUN_ID = ?)
{%- else -%}
{{ column }} = ?
{%- endif %}
{%- endmacro %}

{# A short value inside a JSON text; null where it isn't there. #}
{% macro json_text(column, path) -%}
{{ "json_extract_string" if duckdb else "json_value" }}({{ column }}, '$.{{ path }}')
{%- endmacro %}

{# True where the request's document moves an item under this alias (each call stands on a line of its own). #}
{% macro moves(alias) -%}
{% set call = "concat('}\\n  ', " ~ alias ~ ", ': move_item_to_group(')" -%}
{{ "strpos(q.BODY, " ~ call ~ ")" if duckdb else "charindex(" ~ call ~ ", q.BODY)" }} > 0
{%- endmacro %}
