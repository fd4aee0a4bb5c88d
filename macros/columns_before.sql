{#- Upper-cased names of the columns of a model's table as the build before left it; none where there was none. Where nothing
    is run, all that are asked for are taken to be there, so that the whole statement is seen. -#}
{% macro columns_before(relation, wanted) -%}
    {%- if flags.WHICH not in ['build', 'run', 'test'] -%}
        {{ return(wanted) }}
    {%- endif -%}
    {%- set found = load_relation(relation) if execute and relation else none -%}
    {%- set names = adapter.get_columns_in_relation(found) | map(attribute='name') | map('upper') | list if found else [] -%}
    {{ return(names) }}
{%- endmacro %}
