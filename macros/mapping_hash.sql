{#- 64 hexadecimal digits over the mapping of orders and sizes. A row that the board refused is tried again once they
    change. Two MD5 sums side by side, because dbt has no SHA-256 while it compiles; it marks a change, no more. -#}
{% macro mapping_hash() -%}
    {%- set mapping = [] -%}
    {%- for model_name in ['stg_mon_custmasterschedule', 'stg_mon_custmasterschedule_subitems'] -%}
        {%- for column in order_sync.board_mapping(model_name) -%}
            {%- do mapping.append([model_name, column.name, column.monday]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set text = tojson(mapping, sort_keys=true) -%}
    {{ return(local_md5('1' ~ text) ~ local_md5('2' ~ text)) }}
{%- endmacro %}
