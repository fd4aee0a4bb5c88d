{% macro cell_text(column, type) -%}
    {{ return(adapter.dispatch('cell_text', 'order_sync')(column, type)) }}
{%- endmacro %}

{#- A moment with a time zone is kept without its zone, so the zone of the session must not say which day it is. -#}
{% macro default__cell_text(column, type) -%}
    cast({{ column }}{{ " at time zone 'UTC'" if type == 'timestamp with time zone' }} as varchar)
{%- endmacro %}

{#- The older types of date and time follow the language of the login without a style; a float is rounded to six figures,
    and written with an exponent above them. -#}
{% macro sqlserver__cell_text(column, type) -%}
    {%- if type and ('char' in type or 'text' in type) -%}
        {{ column }}
    {%- elif type in ['datetime', 'smalldatetime'] -%}
        convert(nvarchar(40), {{ column }}, 121)
    {%- elif type in ['float', 'real'] -%}
        coalesce(cast(try_cast({{ column }} as decimal(38, 6)) as nvarchar(40)), cast({{ column }} as nvarchar(40)))
    {%- else -%}
        cast({{ column }} as nvarchar(max))
    {%- endif -%}
{%- endmacro %}
