{#- What TOTAL QTY holds of a type that no number is read from is not read at all: not every such type can be cast. -#}
{% macro cell_text(column, type) -%}
    {%- if type and order_sync.type_family(type) == 'other' -%}
        {{ return("case when " ~ column ~ " is not null then " ~ order_sync.text_literal('?') ~ " end") }}
    {%- endif -%}
    {{ return(adapter.dispatch('cell_text', 'order_sync')(column, type)) }}
{%- endmacro %}

{#- A moment with a time zone is kept without its zone, so the zone of the session must not say which day it is. A number
    loses the zeros at its end: a load makes 4755 of a column with blanks 4755.0. -#}
{% macro default__cell_text(column, type) -%}
    {%- if type and order_sync.type_family(type) == 'number' -%}
        coalesce({{ order_sync.number_to_text('try_cast(' ~ column ~ ' as decimal(38, 6))') }}, cast({{ column }} as varchar))
    {%- else -%}
        cast({{ column }}{{ " at time zone 'UTC'" if type == 'timestamp with time zone' }} as varchar)
    {%- endif -%}
{%- endmacro %}

{#- The older types of date and time follow the language of the login without a style; money and floats are rounded, the
    latter written with an exponent besides. -#}
{% macro sqlserver__cell_text(column, type) -%}
    {%- if type and 'char' in type -%}
        {{ column }}
    {%- elif type in ['datetime', 'smalldatetime'] -%}
        convert(nvarchar(40), {{ column }}, 121)
    {%- elif type and order_sync.type_family(type) == 'number' -%}
        coalesce(
            {{ order_sync.number_to_text('try_cast(' ~ column ~ ' as decimal(38, 6))') }}, cast({{ column }} as nvarchar(40))
        )
    {%- else -%}
        cast({{ column }} as nvarchar(max))
    {%- endif -%}
{%- endmacro %}
