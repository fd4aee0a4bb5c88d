{% macro utf16_length(text) -%}
    {{ return(adapter.dispatch('utf16_length', 'order_sync')(text)) }}
{%- endmacro %}

{#- Characters outside the basic plane count twice: nvarchar(n) has room for n units, not for n characters. -#}
{% macro default__utf16_length(text) -%}
    (length({{ text }}) + length(regexp_replace({{ text }}, '[^\x{10000}-\x{10FFFF}]', '', 'g')))
{%- endmacro %}

{% macro sqlserver__utf16_length(text) -%}
    (datalength(cast({{ text }} as nvarchar(max))) / 2)
{%- endmacro %}
