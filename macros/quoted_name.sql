{#- A column name as a quoted identifier; the adapter's own quoting leaves a quote inside the name as it is, and sizes in
    inches have one. -#}
{% macro quoted_name(name) -%}
    "{{ name | replace('"', '""') }}"
{%- endmacro %}
