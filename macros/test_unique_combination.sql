{#- Passes where no two rows agree in all of the columns. -#}
{% test unique_combination(model, columns) -%}
    {%- set quoted = [] -%}
    {%- for column in columns -%}{%- do quoted.append(order_sync.quoted_name(column)) -%}{%- endfor -%}
    select
        {{ quoted | join(', ') }},
        count(*) as rows_alike
    from {{ model }}
    group by {{ quoted | join(', ') }}
    having count(*) > 1
{%- endtest %}
