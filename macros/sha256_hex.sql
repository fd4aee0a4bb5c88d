{% macro sha256_hex(text) -%}
    {{ return(adapter.dispatch('sha256_hex', 'order_sync')(text)) }}
{%- endmacro %}

{% macro default__sha256_hex(text) -%}
    sha256({{ text }})
{%- endmacro %}

{#- Over the bytes of nvarchar, while DuckDB hashes UTF-8: no hash travels from one engine to the other. -#}
{% macro sqlserver__sha256_hex(text) -%}
    lower(convert(char(64), hashbytes('SHA2_256', cast({{ text }} as nvarchar(max))), 2))
{%- endmacro %}
