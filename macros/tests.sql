{#- Generic tests, which tell keys apart as the models do, whatever the collation. -#}

{% macro sqlserver__test_unique(model, column_name) -%}
    {%- set filled = '(select * from ' ~ model ~ ' where ' ~ column_name ~ ' is not null) as filled' -%}
    {{ order_sync.test_unique_combination(filled, [column_name]) }}
{%- endmacro %}

{% test unique_combination(model, columns, folded=false) -%}
    {%- set keys = [] -%}
    {%- for column in columns -%}
        {%- do keys.append(match_text(column) if folded else exact('cast(' ~ quoted_name(column) ~ ' as nvarchar(4000))')) -%}
    {%- endfor -%}
    select count(*) as rows_alike
    from {{ model }}
    group by {{ keys | join(', ') }}
    having count(*) > 1
{%- endtest %}
