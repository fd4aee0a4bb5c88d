{#- JSON array of the columns whose desired and confirmed values differ, in the order of the mapping; `[]` where none does. -#}
{% macro changed_columns(columns, desired, confirmed) -%}
    concat('[', substring(concat('',
    {%- for column in columns %}
        case when {{ order_sync.values_differ(desired ~ '.' ~ column.quoted, confirmed ~ '.' ~ column.quoted, column.type) }} then {{ order_sync.text_literal(',' ~ tojson(column.name)) }} else '' end
        {{- ',' if not loop.last }}
    {%- endfor %}
    ), 2, 8000), ']')
{%- endmacro %}
