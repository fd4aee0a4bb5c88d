{% macro trim_text(text, keep_line_ends=false, fold=false) -%}
    {{ return(adapter.dispatch('trim_text', 'order_sync')(text, keep_line_ends, fold)) }}
{%- endmacro %}

{#- Almost every value is printable ASCII and needs no more than a plain trim; the rest pays for the whole treatment. -#}
{% macro default__trim_text(text, keep_line_ends, fold) -%}
    {%- set blanks = order_sync.blank_codes() -%}
    {%- set invisible = order_sync.invisible_codes(shaping=fold) -%}
    {%- set controls = '\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F\\x7F-\\x{9F}' -%}
    {%- if keep_line_ends -%}
        {%- set flattened = "replace(regexp_replace(" ~ text ~ ", '[" ~ controls ~ "]', '', 'g'), chr(9), ' ')" -%}
        {%- set ends = blanks + invisible -%}
    {%- else -%}
        {%- set ends = blanks -%}
        {%- set flattened = "regexp_replace(regexp_replace(" ~ text ~ ", '\\r\\n|[\\t\\r\\n"
            ~ (order_sync.character_class(blanks) if fold else '') ~ "]', ' ', 'g'), '[" ~ controls
            ~ order_sync.character_class(invisible) ~ "]', '', 'g')" -%}
    {%- endif -%}
    case
        when regexp_matches({{ text }}, '[^ -~]')
            then trim({{ flattened }}, {{ order_sync.characters(ends) }})
        else trim({{ text }})
    end
{%- endmacro %}

{% macro sqlserver__trim_text(text, keep_line_ends, fold) -%}
    {%- set blanks = order_sync.blank_codes() -%}
    {%- set invisible = order_sync.invisible_codes(shaping=fold) -%}
    {%- set controls = range(1, 9) | list + [11, 12] + range(14, 32) | list + range(127, 160) | list -%}
    {%- set gone = controls if keep_line_ends else controls + invisible -%}
    {%- set blank = [9] + blanks if fold else [9] -%}
    {#- U+0000 comes from its bytes: nchar(0) is null on some servers, which would take the whole text along. -#}
    {%- set flattened = "replace(" ~ order_sync.exact(text) ~ ", convert(nvarchar(1), 0x0000), N'')" -%}
    {%- if not keep_line_ends -%}
        {%- set flattened = "replace(" ~ flattened ~ ", nchar(13) + nchar(10), N' ')" -%}
        {%- set blank = blank + [13, 10] -%}
    {%- endif -%}
    case
        when {{ order_sync.exact(text) }} like N'%[^ -~]%'
            then trim({{ order_sync.characters(blanks + invisible if keep_line_ends else blanks) }} from replace(
                translate(
                    {{ flattened }},
                    {{ order_sync.characters(gone + blank) }},
                    replicate(nchar(1), {{ gone | length }}) + space({{ blank | length }})
                ),
                nchar(1),
                N''
            ))
        else ltrim(rtrim({{ text }}))
    end
{%- endmacro %}
