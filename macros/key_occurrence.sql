{#- The figures behind a key's # of occurrence, or an empty text. Every # of the number itself is doubled, so that one ends
    an odd run. -#}
{% macro key_occurrence(key) -%}
    {{ return(adapter.dispatch('key_occurrence', 'order_sync')(key)) }}
{%- endmacro %}

{% macro default__key_occurrence(key) -%}
    case
        when contains({{ key }}, '#')
            then regexp_extract({{ key }}, '^(?:.*[^#])?(?:##)*#([0-9]{1,9})$', 1, 's')
        else ''
    end
{%- endmacro %}

{% macro sqlserver__key_occurrence(key) -%}
    {%- set backwards = "reverse(" ~ order_sync.exact(key) ~ ")" -%}
    {%- set behind = "patindex(N'%[^0-9]%', " ~ backwards ~ ")" -%}
    case
        when
            {{ order_sync.exact(key) }} like N'%#%[0-9]'
            and {{ behind }} between 2 and 10
            and patindex(N'%[^#]%', substring({{ backwards }}, {{ behind }}, 600) + N'.') % 2 = 0
            then right({{ order_sync.exact(key) }}, {{ behind }} - 1)
        else N''
    end
{%- endmacro %}
