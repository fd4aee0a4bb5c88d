{#- Passes where the columns together tell every row apart and none of them is ever null. -#}
{% test primary_key(model, columns) -%}
    {%- set quoted = [] -%}
    {%- for column in columns -%}{%- do quoted.append(adapter.quote(column)) -%}{%- endfor -%}
    select
        {{ quoted | join(', ') }},
        count(*) as ROWS_ALIKE
    from {{ model }}
    group by {{ quoted | join(', ') }}
    having
        count(*) > 1
        {%- for column in quoted %}
        or {{ column }} is null
        {%- endfor %}
{%- endtest %}
