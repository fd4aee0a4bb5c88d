{#- 1 where a cell shows something else than a value: numbers and dates as such, labels and groups in any case, other text
    to the letter but for line ends; 0 where it shows the same. kind: the type of the board's column, which somebody may
    have changed. -#}
{% macro cell_differs(type, value, cell, typed, kind) -%}
    case
        when {{ value }} is null and {{ cell }} is null then 0
        when {{ value }} is null or {{ cell }} is null then 1
        {%- if type in ['numbers', 'date'] %}
        when {{ typed }} = {{ value }} then 0
        {%- else %}
        when {{ order_sync.exact(value) }} = {{ cell }} then 0
        {%- if type == 'group' %}
        when {{ order_sync.upper_text(value) }} = {{ order_sync.upper_text(cell) }} then 0
        {%- elif type != 'name' %}
        when {{ kind }} in ('dropdown', 'status') and {{ order_sync.upper_text(value) }} = {{ order_sync.upper_text(cell) }} then 0
        when {{ kind }} = 'numbers' and {{ order_sync.cell_value(value, 'numbers') }} = try_cast({{ cell }} as decimal(18, 4)) then 0
        when {{ order_sync.one_line_end(value) }} = {{ cell }} then 0
        {%- endif %}
        {%- endif %}
        else 1
    end
{%- endmacro %}
