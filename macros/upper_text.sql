{#- One named collation on SQL Server, because upper() would follow that of the database. ß has no capital in either
    engine, SS is what names and labels are compared by. -#}
{% macro upper_text(text) -%}
    upper(replace({{ order_sync.exact(text) }}, {{ order_sync.text_literal('ß') }}, {{ order_sync.text_literal('SS') }}))
{%- endmacro %}
