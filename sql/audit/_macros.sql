{# Building blocks of the audit's statements. Its working tables live as long as the connection: nothing of an audit stays. #}
{% import "push/_macros.sql" as q with context %}

{% macro work(name) %}{{ "AUDIT_" if duckdb else "#AUDIT_" }}{{ name }}{% endmacro %}

{# Text in a working table, which SQL Server would otherwise give the collation of tempdb. #}
{% macro words(size) %}{% if duckdb %}varchar{% else %}nvarchar({{ size }}) collate database_default{% endif %}{% endmacro %}

{# Of two texts: whether they differ; blanks at the end don't count, null is no text. #}
{% macro texts_differ(left_text, right_text) -%}
({{ left_text }} is null and {{ right_text }} is not null
        or {{ left_text }} is not null and {{ right_text }} is null
        or {{ q.bin(left_text) }} <> {{ right_text }})
{%- endmacro %}

{# Whether a confirmed value may differ from what a cell shows. Too strict where the board's column was retyped: who asks
   looks again at what differs by this. #}
{% macro cells_differ(kind, confirmed, shown) -%}
{% if kind == "numbers" -%}
({{ confirmed }} is null and {{ shown }} is not null
        or {{ confirmed }} is not null and {{ shown }} is null
        or {{ shown }} is not null and try_cast({{ shown }} as {{ decimal }}) is null
        or try_cast({{ shown }} as {{ decimal }}) <> {{ confirmed }})
{%- elif kind == "date" -%}
({{ confirmed }} is null and {{ shown }} is not null
        or {{ confirmed }} is not null and {{ shown }} is null
        or {{ shown }} is not null and try_cast(substring({{ shown }}, 1, 10) as date) is null
        or try_cast(substring({{ shown }}, 1, 10) as date) <> {{ confirmed }})
{%- elif kind in ("dropdown", "status", "group") -%}
{{ texts_differ("upper(" ~ confirmed ~ ")", "upper(" ~ shown ~ ")") }}
{%- else -%}
{{ texts_differ(confirmed, shown) }}
{%- endif %}
{%- endmacro %}

{# What a cell shows, as the tables keep the column; null where the mapped type can't hold it. #}
{% macro as_kept(kind, shown) -%}
{% if kind == "numbers" %}try_cast({{ shown }} as {{ decimal }})
{%- elif kind == "date" %}try_cast(substring({{ shown }}, 1, 10) as date)
{%- elif kind in ("name", "group") %}substring({{ shown }}, 1, 255)
{%- else %}{{ shown }}{% endif %}
{%- endmacro %}

{# A quantity as the tables keep it; null where the board shows none, or a fraction. #}
{% macro whole(quantity) -%}
case when {{ quantity }} = floor({{ quantity }}) then cast({{ quantity }} as bigint) end
{%- endmacro %}

{# Where the orders stand that a repair may touch. #}
{% macro planned(key) -%}
exists (select 1 from {{ work("Plan") }} as planned where planned.ORDER_KEY = {{ key }})
{%- endmacro %}

{# A key beside other text in a union: SQL Server wants one collation for a column. #}
{% macro plain(expression) -%}
{{ expression }}{% if not duckdb %} collate database_default{% endif %}
{%- endmacro %}
