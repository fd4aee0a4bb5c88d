{% macro blank_to_null(text) -%}
    {{ return(adapter.dispatch('blank_to_null', 'order_sync')(text)) }}
{%- endmacro %}

{% macro default__blank_to_null(text) -%}
    case
        when strlen({{ text }}) > 4 then {{ text }}
        when lower({{ text }}) not in ('', 'nan', 'none', 'null') then {{ text }}
    end
{%- endmacro %}

{% macro sqlserver__blank_to_null(text) -%}
    case
        when len({{ text }}) > 4 then {{ text }}
        when {{ order_sync.exact('lower(' ~ text ~ ')') }} not in (N'', N'nan', N'none', N'null') then {{ text }}
    end
{%- endmacro %}
