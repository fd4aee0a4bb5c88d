{#- Names of the size columns: whole numbers between the two markers, wherever they stand in the table. A size column added
    to the table is found at the next build. The check at the start of a build sees to it that a column of another type
    of numbers holds whole ones alone, and that no quantities stand in a column that is taken for none. -#}
{% macro size_columns() -%}
    {{ return(order_sync.order_columns() | selectattr('is_size')
        | selectattr('family', 'in', ['integer', 'number', 'none']) | map(attribute='name') | list) }}
{%- endmacro %}
