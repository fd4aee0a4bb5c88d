{#- Passes where no two rows agree in all of the columns. -#}
{% test unique_combination(model, columns) -%}
    {%- set keys = [] -%}
    {%- for column in columns -%}{%- do keys.append(order_sync.exact('cast(' ~ order_sync.quoted_name(column) ~ ' as nvarchar(4000))')) -%}{%- endfor -%}
    select count(*) as rows_alike
    from {{ model }}
    group by {{ keys | join(', ') }}
    having count(*) > 1
{%- endtest %}
