{#- For cell_rows: each mapped column but those left out, as a relation of desired or confirmed values has it beside the
    cells of the board's items. typed: the same cells as the tables keep them; kinds: the types of the board's columns. -#}
{% macro mapped_cells(values, cells, typed, kinds) -%}
    {%- set found = [] -%}
    {%- for column in order_sync.mapped_columns() -%}
        {%- set value = values ~ '.' ~ column.quoted -%}
        {%- set cell = cells ~ '.' ~ column.quoted -%}
        {%- do found.append({
            'name': column.name,
            'expected': 'cast(' ~ value ~ ' as nvarchar(40))' if column.type in ['numbers', 'date'] else value,
            'on_board': cell,
            'differs': order_sync.cell_differs(column.type, value, cell, typed ~ '.' ~ column.quoted, kinds ~ '.' ~ column.quoted),
            'written_once': 1 if column.write == 'create_only' and column.name != 'ORDER_KEY' else 0,
        }) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
