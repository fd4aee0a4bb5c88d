{#- Names of the size columns: whole numbers between the two markers, wherever they stand in the table. A text column
    among them (INFOR COLOUR CODE) is none. A size column added to the table is found at the next build. -#}
{% macro size_columns() -%}
    {%- set integers = ['tinyint', 'smallint', 'int', 'integer', 'bigint', 'hugeint'] -%}
    {%- set sizes = [] -%}
    {%- set state = namespace(between=false) -%}
    {%- for column in order_sync.order_columns() -%}
        {%- set name = order_sync.folded_name(column.name) | upper -%}
        {%- if name == 'TOTAL QTY' -%}{%- set state.between = false -%}{%- endif -%}
        {%- if state.between and column.type in integers -%}{%- do sizes.append(column.name) -%}{%- endif -%}
        {%- if name == 'UNIT OF MEASURE' -%}{%- set state.between = true -%}{%- endif -%}
    {%- endfor -%}
    {{ return(sizes) }}
{%- endmacro %}
