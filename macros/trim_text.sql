{% macro trim_text(text, keep_line_ends=false) -%}
    {{ return(adapter.dispatch('trim_text', 'order_sync')(text, keep_line_ends)) }}
{%- endmacro %}

{#- Almost every value is printable ASCII and needs no more than a plain trim; the rest pays for the whole treatment. -#}
{% macro default__trim_text(text, keep_line_ends) -%}
    {%- set without_controls = "regexp_replace(" ~ text ~ ", '[\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F\\x7F-\\x{9F}]', '', 'g')" -%}
    {%- set flattened = "replace(" ~ without_controls ~ ", chr(9), ' ')" if keep_line_ends
        else "regexp_replace(" ~ without_controls ~ ", '\\r\\n|[\\t\\r\\n]', ' ', 'g')" -%}
    case
        when regexp_matches({{ text }}, '[^ -~]')
            then trim({{ flattened }}, {{ order_sync.characters(order_sync.blank_codes()) }})
        else trim({{ text }})
    end
{%- endmacro %}

{% macro sqlserver__trim_text(text, keep_line_ends) -%}
    {%- set controls = range(1, 9) | list + [11, 12] + range(14, 32) | list + range(127, 160) | list -%}
    {#- U+0000 comes from its bytes: nchar(0) is null on some servers, which would take the whole text along. -#}
    {%- set without_zero = "replace(" ~ order_sync.exact(text) ~ ", convert(nvarchar(1), 0x0000), N'')" -%}
    {%- set without_controls = "replace(translate(" ~ without_zero ~ ", "
        ~ order_sync.characters(controls + [9]) ~ ", replicate(nchar(1), " ~ controls | length ~ ") + N' '), nchar(1), N'')" -%}
    {%- set flattened = without_controls if keep_line_ends
        else "translate(replace(" ~ without_controls ~ ", nchar(13) + nchar(10), N' '), nchar(13) + nchar(10), N'  ')" -%}
    case
        when {{ order_sync.exact(text) }} like N'%[^ -~]%'
            then trim({{ order_sync.characters(order_sync.blank_codes()) }} from {{ flattened }})
        else ltrim(rtrim({{ text }}))
    end
{%- endmacro %}
