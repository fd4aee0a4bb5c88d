{#- What tells the orders of one number apart, besides the customer; in this order they are sorted, too. -#}
{% macro identity_columns() -%}
    {{ return(['STYLE', 'COLOR', 'PO NUMBER', 'CUSTOMER ALT PO', 'PLANNED DELIVERY METHOD', 'DESTINATION']) }}
{%- endmacro %}
