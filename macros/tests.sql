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

{% test unique_combination(model, columns) -%}
    select count(*) as rows_alike
    from {{ model }}
    group by {% for column in columns %}{{ exact('cast(' ~ quoted_name(column) ~ ' as nvarchar(4000))') }}{{ ', ' if not loop.last }}{% endfor %}
    having count(*) > 1
{%- endtest %}

{% test unique_folded(model, columns) -%}
    select count(*) as rows_alike
    from {{ model }}
    group by {% for column in columns %}{{ match_text(column) }}{{ ', ' if not loop.last }}{% endfor %}
    having count(*) > 1
{%- endtest %}
