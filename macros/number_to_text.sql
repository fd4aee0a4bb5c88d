{% macro number_to_text(number) -%}
    {{ return(adapter.dispatch('number_to_text', 'order_sync')(number)) }}
{%- endmacro %}

{% macro default__number_to_text(number) -%}
    rtrim(rtrim(cast({{ number }} as varchar), '0'), '.')
{%- endmacro %}

{#- rtrim takes off blanks alone before SQL Server 2022, so zeros are blanks for a moment; the bar marks the end. -#}
{% macro sqlserver__number_to_text(number) -%}
    replace(replace(
        replace(rtrim(replace(cast({{ number }} as nvarchar(40)), N'0', N' ')), N' ', N'0') + N'|', N'.|', N''), N'|', N'')
{%- endmacro %}
