{% macro sha256_hex(text) -%}
    {{ return(adapter.dispatch('sha256_hex', 'order_sync')(text)) }}
{%- endmacro %}

{% macro default__sha256_hex(text) -%}
    sha256({{ text }})
{%- endmacro %}

{#- Over the UTF-8 bytes, as everywhere else: ASCII text has them already as varchar; other text, rare, is spelled out
    character by character, because SQL Server 2017 has no UTF-8 of its own. A character outside the basic plane comes
    as one code point or as two halves; both are understood. -#}
{% macro sqlserver__sha256_hex(text) -%}
    lower(convert(char(64), hashbytes('SHA2_256',
        case
            when {{ order_sync.exact(text) }} not like N'%[^' + nchar(1) + N'-' + nchar(127) + N']%'
                then convert(varbinary(max), cast({{ text }} as varchar(max)))
            else convert(varbinary(max), {{ order_sync.utf8_hex(text) }}, 2)
        end
    ), 2))
{%- endmacro %}
