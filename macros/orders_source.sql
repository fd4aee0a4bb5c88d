{#- The node of ORDERS_UNIFIED in dbt's graph; none while dbt parses. -#}
{% macro orders_source() -%}
    {%- if execute -%}
        {%- for node in graph.sources.values() if node.source_name == 'erp' and node.name == 'ORDERS_UNIFIED' -%}
            {{ return(node) }}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
