{% macro one_line_end(text) -%}
    {{ return(adapter.dispatch('one_line_end', 'order_sync')(text)) }}
{%- endmacro %}

{#- As cells of the board are landed: Monday may change the kind. -#}
{% macro default__one_line_end(text) -%}
    regexp_replace({{ text }}, '\r\n?', chr(10), 'g')
{%- endmacro %}

{% macro sqlserver__one_line_end(text) -%}
    replace(replace({{ order_sync.exact(text) }}, nchar(13) + nchar(10), nchar(10)), nchar(13), nchar(10))
{%- endmacro %}
