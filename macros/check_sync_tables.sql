{#- Stops the build where a table that the sync keeps is missing, or lacks a column that the models read. -#}
{% macro check_sync_tables() -%}
    {%- for node in graph.sources.values() if node.source_name == 'monday' -%}
        {%- set names = order_sync.column_names(node) -%}
        {%- if not names -%}
            {%- do exceptions.raise_compiler_error(
                "The table " ~ node.schema ~ "." ~ node.identifier ~ " doesn't exist in the database " ~ node.database
                ~ ": run `python -m sync migrate` first."
            ) -%}
        {%- endif -%}
        {%- set read = node.columns.values() | map(attribute='name') | list -%}
        {%- if node.identifier in ['MON_CustMasterSchedule', 'MON_BoardItems'] -%}
            {%- set read = read + order_sync.mapped_columns() | selectattr('type', 'ne', 'group')
                | map(attribute='name') | list -%}
        {%- endif -%}
        {%- set missing = [] -%}
        {%- for name in read if name | upper not in names -%}
            {%- do missing.append(name) -%}
        {%- endfor -%}
        {%- if missing -%}
            {%- do exceptions.raise_compiler_error(
                "The table " ~ node.schema ~ "." ~ node.identifier ~ " lacks columns (" ~ missing | unique | join('; ')
                ~ "): run `python -m sync migrate` to bring it up to date."
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
