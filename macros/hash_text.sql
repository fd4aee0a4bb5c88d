{#- The fields in one text that can be taken apart again in one way only: a value ends in "|;", a null is "|-", and a
    bar inside a value is doubled. So no two different rows make the same text. -#}
{% macro hash_text(fields) -%}
    {{ return(adapter.dispatch('hash_text', 'order_sync')(fields)) }}
{%- endmacro %}

{% macro default__hash_text(fields) -%}
    concat(
    {%- for field in fields %}
        coalesce({{ order_sync.canonical_text(field.quoted, field.type) }} || '|;', '|-')
        {{- ',' if not loop.last }}
    {%- endfor %}
    )
{%- endmacro %}

{% macro sqlserver__hash_text(fields) -%}
    concat(
        cast(N'' as nvarchar(max))
    {%- for field in fields %},
        coalesce({{ order_sync.canonical_text(field.quoted, field.type) }} + N'|;', N'|-')
    {%- endfor %}
    )
{%- endmacro %}
