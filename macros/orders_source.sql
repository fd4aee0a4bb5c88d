{#- The node of ORDERS_UNIFIED in dbt's graph; none while dbt parses and inside unit tests. -#}
{% macro orders_source() -%}
    {%- if execute and graph.sources is defined -%}
        {%- for node in graph.sources.values() if node.source_name == 'erp' and node.name == 'ORDERS_UNIFIED' -%}
            {{ return(node) }}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
