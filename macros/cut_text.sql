{#- One character of the limit goes to the ellipsis, so that the whole still fits the board. -#}
{% macro cut_text(text, limit=2000) -%}
    case
        when {{ order_sync.text_length(text) }} > {{ limit }}
            then concat({{ order_sync.first_characters(text, limit - 1) }}, {{ order_sync.characters([8230]) }})
        else {{ text }}
    end
{%- endmacro %}
