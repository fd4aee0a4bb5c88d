{#- What the database has against a query, without carrying it out; nothing where it would take it. -#}
{% macro problem_of_query(query) -%}
    {{ return(adapter.dispatch('problem_of_query', 'order_sync')(query)) }}
{%- endmacro %}

{#- DuckDB tells what it can't parse; names of columns are looked for in what it parsed, and functions among those it has.
    What a subquery reads isn't looked at. -#}
{% macro default__problem_of_query(query) -%}
    {%- set text = run_query('select json_serialize_sql(' ~ order_sync.text_literal(query) ~ ')').rows[0][0] -%}
    {%- set parsed = fromjson(text) -%}
    {%- if parsed.error -%}{{ return(parsed.error_message) }}{%- endif -%}
    {%- if parsed.statements | length != 1 -%}{{ return('it is more than one statement') }}{%- endif -%}
    {%- if '"SUBQUERY"' not in text -%}
        {%- set known = order_sync.order_columns() | map(attribute='name') | map('upper') | list -%}
        {%- for name in modules.re.findall('"column_names":\\["((?:[^"\\\\]|\\\\.)*)"\\]', text) -%}
            {%- if fromjson('"' ~ name ~ '"') | upper not in known -%}
                {{ return('there is no column ' ~ fromjson('"' ~ name ~ '"')) }}
            {%- endif -%}
        {%- endfor -%}
        {%- for name in modules.re.findall('"function_name":"(\\w+)"', text) -%}
            {%- if not run_query(
                "select 1 from duckdb_functions() where lower(function_name) = lower('" ~ name ~ "') limit 1"
            ).rows -%}
                {{ return('there is no function ' ~ name) }}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{% macro sqlserver__problem_of_query(query) -%}
    {%- set found = run_query(
        'select error_message from sys.dm_exec_describe_first_result_set(' ~ order_sync.text_literal(query)
        ~ ', null, 0) where error_number is not null'
    ).rows -%}
    {%- if found -%}{{ return(found[0][0]) }}{%- endif -%}
{%- endmacro %}
