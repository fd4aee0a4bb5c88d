{#- The form in which order numbers, customers, sizes and seed entries are compared, but for their case. -#}
{% macro fold_text(text) -%}
    {{ order_sync.trim_text(text, fold=true) }}
{%- endmacro %}
