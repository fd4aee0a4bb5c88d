{#- The columns of ORDERS_UNIFIED under their folded names in capitals. Of two that fold alike, the one that is spelt so. -#}
{% macro source_columns() -%}
    {%- set found = {} -%}
    {%- for column in order_sync.order_columns() -%}
        {%- set name = order_sync.folded_name(column.name) | upper -%}
        {%- if name not in found or column.name | upper == name -%}{%- do found.update({name: column}) -%}{%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
