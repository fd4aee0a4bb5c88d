{#- The columns between the two markers, each with name, type and family of its type, but for those that the source's YAML
    declares as something else than whole numbers: INFOR COLOUR CODE is none, whatever a load makes of its figures. -#}
{% macro columns_of_sizes() -%}
    {%- set found = [] -%}
    {%- set others = [] -%}
    {%- set node = order_sync.orders_source() -%}
    {%- for column in (node.columns.values() if node else []) if order_sync.type_family(column.data_type) != 'integer' -%}
        {%- do others.append(order_sync.folded_name(column.name) | upper) -%}
    {%- endfor -%}
    {%- set state = namespace(between=false) -%}
    {%- for column in order_sync.order_columns() -%}
        {%- set name = order_sync.folded_name(column.name) | upper -%}
        {%- if name == 'TOTAL QTY' -%}{%- set state.between = false -%}{%- endif -%}
        {%- if state.between and name not in others -%}
            {%- do found.append(dict(column, family=order_sync.type_family(column.type))) -%}
        {%- endif -%}
        {%- if name == 'UNIT OF MEASURE' -%}{%- set state.between = true -%}{%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
