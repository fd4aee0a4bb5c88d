{#- The pushed columns of a staged model, in the order of its YAML: name, quoted expression, and what stands under
    config.meta.monday. Empty while dbt parses, when the graph isn't there yet. -#}
{% macro mapped_columns(model_name='stg_mon_custmasterschedule') -%}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values()
            if node.resource_type == 'model' and node.name == model_name and node.package_name == 'order_sync' -%}
            {%- for column in node.columns.values() if column.meta.monday is defined -%}
                {%- set monday = column.meta.monday -%}
                {%- do found.append({
                    'name': column.name,
                    'quoted': order_sync.quoted_name(column.name),
                    'source': monday.source,
                    'type': monday.type,
                    'write': monday.write,
                    'monday': monday,
                }) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}
