{#- Of each finished pull the types that the mapped columns had on the board. -#}
{% macro column_kinds() -%}
    select
        {{ order_sync.computed_once() }}
        {{ order_sync.exact('PULL_ID') }} as PULL_ID
        {%- for column in order_sync.mapped_columns() %},
        {{ order_sync.json_text('COLUMN_TYPES', column.name) }} as {{ column.quoted }}
        {%- endfor %}
    from {{ source('monday', 'MON_BoardPulls') }}
    where FINISHED_AT is not null
{%- endmacro %}
