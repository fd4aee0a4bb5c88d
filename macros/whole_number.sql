{#- A quantity that the board's tables can hold: no fraction, and of four bytes. -#}
{% macro whole_number(number) -%}
    case
        when {{ number }} = floor({{ number }}) and {{ number }} between -2147483648 and 2147483647
            then cast({{ number }} as int)
    end
{%- endmacro %}
