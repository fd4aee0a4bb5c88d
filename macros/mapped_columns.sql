{#- The pushed columns of a staged model as the models need them: name, quoted name, source column, board type, write
    policy. -#}
{% macro mapped_columns(model_name='stg_mon_custmasterschedule') -%}
    {%- set found = [] -%}
    {%- for column in order_sync.board_mapping(model_name) -%}
        {%- do found.append({
            'name': column.name,
            'quoted': order_sync.quoted_name(column.name),
            'source': column.monday.source,
            'type': column.monday.type,
            'write': column.monday.write,
        }) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
