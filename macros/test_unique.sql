{#- dbt's own test, for SQL Server alone: keys are told apart as the models tell them, not by the collation. -#}
{% macro sqlserver__test_unique(model, column_name) %}
    select
        {{ order_sync.comparable(column_name) }} as unique_field,
        count(*) as n_records
    from {{ model }}
    where {{ column_name }} is not null
    group by {{ order_sync.comparable(column_name) }}
    having count(*) > 1
{% endmacro %}
