{# Building blocks of the adoption: temporary tables of one connection, and how texts of board and database compare. #}

{% macro temp(name) %}{{ name if duckdb else "#" ~ name }}{% endmacro %}

{# A text as it is compared: trimmed, in capitals, null where blank. Both sides go through it, so they agree. #}
{% macro norm(expression) -%}
nullif(upper(ltrim(rtrim({{ expression }})){% if not duckdb %} collate Latin1_General_100_BIN2{% endif %}), '')
{%- endmacro %}

{# The order number, style and colour say which order an item is; the rest tells orders apart that share these. #}
{% macro refinements(level) -%}
{{ ([], ["PO"], ["PO", "ALT_PO"], ["PO", "ALT_PO", "DELIVERY", "DESTINATION"],
    ["PO", "ALT_PO", "DELIVERY", "DESTINATION", "QTY"])[level] | join(",") }}
{%- endmacro %}

{# Columns that a rule compares; none of them may be null. #}
{% macro compared(rule) -%}
{{ {"KEY": "N_KEY", "NUMBER": "N_NUMBER,N_STYLE,N_COLOR", "NAME_AND_NUMBER": "N_NAME,N_NUMBER", "NAME": "N_NAME"}[rule] }}
{%- endmacro %}

{# Orders that no rule has spoken for yet. #}
{% macro free_orders() %}
from {{ temp("ADOPT_ORDERS") }} as o
where not exists (select 1 from {{ temp("ADOPT_PAIRS") }} as p where p.ORDER_KEY = o.ORDER_KEY)
    and not exists (select 1 from {{ temp("ADOPT_DOUBTS") }} as d where d.ORDER_KEY = o.ORDER_KEY)
{% endmacro %}

{# Items that no rule has spoken for yet. One that carries a key is what its key says, and nothing else; a name alone
   speaks only where the board has no order number that could say otherwise. #}
{% macro free_items(rule) %}
from {{ temp("ADOPT_ITEMS") }} as i
where not exists (select 1 from {{ temp("ADOPT_PAIRS") }} as p where p.ITEM_ID = i.ITEM_ID)
    and not exists (select 1 from {{ temp("ADOPT_DOUBTS") }} as d where d.ITEM_ID = i.ITEM_ID)
    and i.N_KEY is {{ "not null" if rule == "KEY" else "null" }}
{% if rule == "NAME" %}
    and i.N_NUMBER is null
{% endif %}
{% endmacro %}
