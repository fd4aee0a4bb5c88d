{#- JSON array of the columns whose desired and confirmed values differ, in the order of the mapping. Where none does
    although the row is staged, what the board shows is unknown, and every column is named. -#}
{% macro changed_columns(columns, desired, confirmed) -%}
    {%- set all_names = [] -%}
    {%- for column in columns -%}{%- do all_names.append(tojson(column.name)) -%}{%- endfor -%}
    concat('[', substring(coalesce(nullif(concat('',
    {%- for column in columns %}
        case when {{ order_sync.values_differ(desired ~ '.' ~ column.quoted, confirmed ~ '.' ~ column.quoted, column.type) }} then {{ order_sync.text_literal(',' ~ tojson(column.name)) }} else '' end
        {{- ',' if not loop.last }}
    {%- endfor %}
    ), ''), {{ order_sync.text_literal(',' ~ all_names | join(',')) }}), 2, 8000), ']')
{%- endmacro %}
