{#- Passes where no two rows agree in all of the columns once they are folded and upper-cased. -#}
{% test unique_folded(model, columns) -%}
    {%- set keys = [] -%}
    {%- for column in columns -%}{%- do keys.append(order_sync.match_text(column)) -%}{%- endfor -%}
    select count(*) as rows_alike
    from {{ model }}
    group by {{ keys | join(', ') }}
    having count(*) > 1
{%- endtest %}
