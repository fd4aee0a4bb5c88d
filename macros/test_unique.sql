{#- dbt's own test, for SQL Server alone: keys are told apart as the models tell them, not by the collation. -#}
{% macro sqlserver__test_unique(model, column_name) %}
    {%- set key = order_sync.exact('cast(' ~ column_name ~ ' as nvarchar(4000))') %}
    select
        {{ key }} as unique_field,
        count(*) as n_records
    from {{ model }}
    where {{ column_name }} is not null
    group by {{ key }}
    having count(*) > 1
{% endmacro %}
