{#- The columns of a staged model that carry config.meta.monday, in the order of its YAML: name and that mapping. Empty
    while dbt parses and inside unit tests, which see no graph: those that need a mapping override this macro. -#}
{% macro board_mapping(model_name='stg_mon_custmasterschedule') -%}
    {%- set found = [] -%}
    {%- if execute and graph.nodes is defined -%}
        {%- for node in graph.nodes.values()
            if node.resource_type == 'model' and node.name == model_name and node.package_name == 'order_sync' -%}
            {%- for column in node.columns.values() if column.meta.monday is defined -%}
                {%- do found.append({'name': column.name, 'monday': column.meta.monday}) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}
