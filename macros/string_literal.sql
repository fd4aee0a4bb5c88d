{#- dbt's own macro, for SQL Server alone: texts of unit test fixtures keep their Unicode characters. The caller has
    doubled the quotes inside already. -#}
{% macro sqlserver__string_literal(value) -%}
    N'{{ value }}'
{%- endmacro %}
