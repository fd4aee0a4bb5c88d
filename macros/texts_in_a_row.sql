{#- Several columns as one text, for sorting: null and empty are alike. -#}
{% macro texts_in_a_row(relation, columns) -%}
    concat(
        '',
        ''
        {%- for column in columns %},
        {% if column.type == 'date' -%}
        {{ order_sync.date_to_text(relation ~ '.' ~ column.quoted) }}
        {%- elif column.type == 'numbers' -%}
        {{ order_sync.number_to_text(relation ~ '.' ~ column.quoted) }}
        {%- else -%}
        {{ relation }}.{{ column.quoted }}
        {%- endif %},
        '|'
        {%- endfor %}
    )
{%- endmacro %}
