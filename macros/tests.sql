{#- Generic tests, which tell keys apart as the models do, whatever the collation. -#}

{#- dbt's own test. -#}
{% macro sqlserver__test_unique(model, column_name) %}
    {%- set key = exact('cast(' ~ column_name ~ ' as nvarchar(4000))') %}
    select {{ key }} as unique_field, count(*) as n_records
    from {{ model }}
    where {{ column_name }} is not null
    group by {{ key }}
    having count(*) > 1
{% endmacro %}

{#- folded: as names and labels are compared. -#}
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
