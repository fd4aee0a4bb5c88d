{#- The two limits of every guard, each to be passed: 10 rows, and the share that max_removal_percent allows. -#}
{% macro too_many(part, whole) -%}
    ({{ part }} > 10 and {{ part }} * 100.0 > {{ whole }} * {{ var('max_removal_percent') }})
{%- endmacro %}
