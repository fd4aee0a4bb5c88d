{#- Names of the size columns: whole numbers between the two markers, wherever they stand in the table. A size column added
    to the table is found at the next build. The check at the start of a build sees to it that a column of another type
    of numbers holds whole ones alone, and that no quantities stand in a column that is taken for none. -#}
{% macro size_columns() -%}
    {%- set sizes = [] -%}
    {%- for column in order_sync.columns_of_sizes() if column.family in ['integer', 'number', 'none'] -%}
        {%- do sizes.append(column.name) -%}
    {%- endfor -%}
    {{ return(sizes) }}
{%- endmacro %}
