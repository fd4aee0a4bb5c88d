{#- The label that a subitem's name tells: Size M is M. -#}
{% macro size_in_name(name) -%}
    case
        when {{ order_sync.upper_text('left(' ~ order_sync.trim_text(name) ~ ', 5)') }} = 'SIZE '
            then nullif(ltrim(substring({{ order_sync.trim_text(name) }}, 6, 255)), '')
    end
{%- endmacro %}
