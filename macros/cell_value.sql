{#- What a cell of the board shows, as the tables keep the column; null where its type can't hold it. -#}
{% macro cell_value(cell, type) -%}
    {%- if type == 'numbers' -%}
        {{ order_sync.number_value(order_sync.number_text(cell)) }}
    {%- elif type == 'date' -%}
        {{ order_sync.date_value(cell) }}
    {%- else -%}
        {{ order_sync.exact(cell) }}
    {%- endif -%}
{%- endmacro %}
