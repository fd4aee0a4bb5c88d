{% macro utf8_hex(text) -%}
    {{ return(adapter.dispatch('utf8_hex', 'order_sync')(text)) }}
{%- endmacro %}

{% macro default__utf8_hex(text) -%}
    hex(encode({{ text }}))
{%- endmacro %}

{#- One number for each character, its code point, its bytes by the rules of UTF-8, and all of them joined in order. -#}
{% macro sqlserver__utf8_hex(text) -%}
    {#- The bar keeps trailing blanks in the count. -#}
    {%- set text = order_sync.exact(text) -%}
    (
        select string_agg(cast(
            case
                when point.code < 128 then convert(varchar(8), convert(binary(1), point.code), 2)
                when point.code < 2048
                    then convert(varchar(8), convert(binary(2), 49280 + (point.code / 64) * 256 + point.code % 64), 2)
                when point.code between 56320 and 57343 then ''
                when point.code < 65536
                    then convert(varchar(8), convert(binary(3),
                        14712960 + (point.code / 4096) * 65536 + (point.code / 64 % 64) * 256 + point.code % 64), 2)
                else convert(varchar(8), convert(binary(4), cast(
                    4034953344 + cast(point.code / 262144 as bigint) * 16777216 + (point.code / 4096 % 64) * 65536
                    + (point.code / 64 % 64) * 256 + point.code % 64 as bigint)), 2)
            end as varchar(max)), '') within group (order by unit.place)
        from (
            select top (len({{ text }} + N'|') - 1) row_number() over (order by (select null)) as place
            from (values (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) as a (n)
            cross join (values (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) as b (n)
            cross join (values (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) as c (n)
            cross join (values (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) as d (n)
            cross join (values (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) as e (n)
            cross join (values (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) as f (n)
        ) as unit
        cross apply (values (
            unicode(substring({{ text }}, unit.place, 1)),
            unicode(substring({{ text }}, unit.place + 1, 1))
        )) as pair (unit_code, following_code)
        cross apply (values (
            case when pair.unit_code between 55296 and 56319
                then (pair.unit_code - 55296) * 1024 + pair.following_code - 56320 + 65536 else pair.unit_code end
        )) as point (code)
    )
{%- endmacro %}
