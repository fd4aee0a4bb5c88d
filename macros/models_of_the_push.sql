{#- Ids of the models that a push reads, and of all that they are made of. -#}
{% macro models_of_the_push() -%}
    {%- set found = [] -%}
    {%- for exposure in graph.exposures.values() if exposure.name == 'monday_board' -%}
        {%- do found.extend(exposure.depends_on.nodes) -%}
    {%- endfor -%}
    {#- The list grows while it is gone through. -#}
    {%- for id in found -%}
        {%- for parent in graph.nodes[id].depends_on.nodes
            if parent in graph.nodes and graph.nodes[parent].resource_type == 'model' and parent not in found -%}
            {%- do found.append(parent) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
