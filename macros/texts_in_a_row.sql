{#- Several columns as one text, for sorting: null and empty are alike. -#}
{% macro texts_in_a_row(relation, columns) -%}
    concat(
        '',
        ''
        {%- for column in columns %},
        {% if column.type == 'date' -%}
        cast({{ relation }}.{{ column.quoted }} as nvarchar(40))
        {%- elif column.type == 'numbers' -%}
        {{ order_sync.number_to_text(relation ~ '.' ~ column.quoted) }}
        {%- else -%}
        {{ relation }}.{{ column.quoted }}
        {%- endif %},
        '|'
        {%- endfor %}
    )
{%- endmacro %}
