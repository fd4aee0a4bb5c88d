{#- Condition that a cell of a type that is not quite right says something that would be lost: figures in a text among the
    sizes, fractions in a size, and in any other column whatever it holds. What is no number counts as blank. -#}
{% macro unfit_cell(column, family, kind) -%}
    {%- set figure = "cast(" ~ column ~ " as double precision)" -%}
    {%- if kind == 'size' and family == 'text' -%}
        translate(cast({{ column }} as nvarchar(4000)), '123456789', '000000000') like '%0%'
    {%- elif kind == 'size' and family == 'number' -%}
        lower(cast({{ column }} as varchar(50))) <> 'nan'
        and ({{ figure }} <> floor({{ figure }}) or abs({{ figure }}) > 9000000000000000)
    {%- else -%}
        {{ column }} is not null and lower(cast({{ column }} as varchar(50))) <> 'nan'
    {%- endif -%}
{%- endmacro %}
