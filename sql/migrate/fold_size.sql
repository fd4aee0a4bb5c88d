-- Gives a size the label that the models give it now; an order that has both keeps both. Lengths: SQL Server pads with blanks.
{% macro is(column, text) -%}
{{ column }}{% if not duckdb %} collate Latin1_General_100_BIN2{% endif %} = {{ text }}
    and {{ "octet_length(encode(" ~ column ~ "))" if duckdb else "datalength(" ~ column ~ ")" }} = {{ "octet_length(encode(" ~ text ~ "))" if duckdb else "datalength(" ~ text ~ ")" }}
{%- endmacro %}
{% set rows %}
where {{ is("sizes.SIZE_LABEL", old) }}
{% if once %}
    and not exists (
        select 1
        from {{ target }} as other
        where other.ORDER_KEY = sizes.ORDER_KEY
            and {{ is("other.SIZE_LABEL", new) }}
    )
{% endif %}
{% endset %}
{% if count %}
select count(*) as UNFOLDED
from {{ target }} as sizes
{{ rows }}
{% elif duckdb %}
update {{ target }} as sizes
set SIZE_LABEL = {{ new }}
{{ rows }}
{% else %}
update sizes
set SIZE_LABEL = {{ new }}
from {{ target }} as sizes
{{ rows }}
{% endif %}
