{% macro type_families() -%}
    {{ return(adapter.dispatch('type_families', 'order_sync')()) }}
{%- endmacro %}

{#- The types of the engine by family; "NULL" is what a data frame leaves of a column without any value. nvarchar stands
    for the source's YAML, which is written in the types of T-SQL. -#}
{% macro default__type_families() -%}
    {{ return({
        'text': ['varchar', 'char', 'bpchar', 'text', 'string', 'enum', 'nvarchar', 'nchar'],
        'integer': ['tinyint', 'smallint', 'int', 'integer', 'bigint', 'utinyint', 'usmallint', 'uinteger'],
        'number': ['float', 'real', 'double', 'decimal', 'numeric', 'hugeint', 'uhugeint', 'ubigint', 'bignum'],
        'date': ['date', 'datetime', 'timestamp', 'timestamp_s', 'timestamp_ms', 'timestamp_ns', 'timestamp with time zone'],
        'switch': ['boolean'],
        'none': ['"null"'],
    }) }}
{%- endmacro %}

{#- A timestamp of T-SQL is a row version, and no date. -#}
{% macro sqlserver__type_families() -%}
    {{ return({
        'text': ['varchar', 'char', 'nvarchar', 'nchar', 'text', 'ntext', 'sysname'],
        'integer': ['tinyint', 'smallint', 'int', 'bigint'],
        'number': ['float', 'real', 'decimal', 'numeric', 'money', 'smallmoney'],
        'date': ['date', 'datetime', 'datetime2', 'smalldatetime', 'datetimeoffset'],
        'switch': ['bit'],
    }) }}
{%- endmacro %}
