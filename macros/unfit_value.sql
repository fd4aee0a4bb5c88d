{#- What a variable must be, where its value isn't that; nothing where it is. -#}
{% macro unfit_value(variable, value) -%}
    {%- if variable.kind == 'word' -%}
        {%- if value is not string or value not in variable.words -%}
            {{ return(variable.words | join(' or ')) }}
        {%- endif -%}
    {%- elif variable.kind == 'switch' -%}
        {%- if value is not boolean -%}{{ return('true or false, without quotes') }}{%- endif -%}
    {%- elif variable.kind == 'percent' -%}
        {#- A boolean counts as a number here, and what is no number at all lies in no range. -#}
        {%- if value is boolean or value is not number or not 0 <= value <= 100 -%}
            {{ return('a number from 0 to 100, without quotes') }}
        {%- endif -%}
    {%- elif variable.kind == 'date' -%}
        {%- set parts = modules.re.fullmatch('([1-9][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])', value | string) -%}
        {%- if value is not none and (not parts or value | string != (
            modules.datetime.date(parts[1] | int, parts[2] | int, 1) + modules.datetime.timedelta(days=parts[3] | int - 1)
        ) | string) -%}
            {{ return('a date such as "2025-01-31", or null') }}
        {%- endif -%}
    {%- elif variable.kind == 'condition' -%}
        {%- if value is not none and (value is not string or not value | trim or value | length > 4000) -%}
            {{ return('a SQL condition over the columns of ORDERS_UNIFIED, of at most 4000 characters in quotes, or null') }}
        {%- endif -%}
    {%- elif variable.kind == 'separator' -%}
        {%- if value is not string or value | length > 20 or not value.isprintable() -%}
            {{ return('a text in quotes, of at most 20 characters in one line') }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
