{% macro text_length(text) -%}
    {{ return(adapter.dispatch('text_length', 'order_sync')(text)) }}
{%- endmacro %}

{% macro default__text_length(text) -%}
    length({{ text }})
{%- endmacro %}

{#- A collation with supplementary characters counts characters, not halves of them; the mark at the end keeps
    trailing blanks in the count. -#}
{% macro sqlserver__text_length(text) -%}
    (len(({{ text }} + N'|') collate Latin1_General_100_CI_AS_SC) - 1)
{%- endmacro %}
