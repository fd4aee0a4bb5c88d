{% macro upper_text(text) -%}
    {{ return(adapter.dispatch('upper_text', 'order_sync')(text)) }}
{%- endmacro %}

{% macro default__upper_text(text) -%}
    upper(replace({{ text }}, 'ß', 'SS'))
{%- endmacro %}

{#- upper() follows the collation and the Windows version on SQL Server. So every letter is named: those of the scripts
    below whose capital is one letter, as Unicode has it, which is what DuckDB does by itself. -#}
{% macro sqlserver__upper_text(text) -%}
    {%- set letters = order_sync.cased_letters() -%}
    translate(
        replace({{ order_sync.exact(text) }}, N'ß', N'SS'),
        N'{{ letters[0] }}',
        N'{{ letters[1] }}'
    )
{%- endmacro %}
