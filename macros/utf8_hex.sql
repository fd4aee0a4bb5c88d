{% macro utf8_hex(text) -%}
    {{ return(adapter.dispatch('utf8_hex', 'order_sync')(text)) }}
{%- endmacro %}

{% macro default__utf8_hex(text) -%}
    hex(encode({{ text }}))
{%- endmacro %}

{#- Every character beyond ASCII is one place, the end another: each gives the ASCII before it, whose bytes are its code
    points, and then the bytes of its own code point by the rules of UTF-8. The second half of a pair gives nothing.
    Each step is computed once (computed_once says why), so that nothing is asked twice of a character. -#}
{% macro sqlserver__utf8_hex(text) -%}
    {%- set text = order_sync.exact(text) -%}
    {#- The bar keeps trailing blanks in the count, and makes it one more than the length. -#}
    {%- set end = 'len(' ~ text ~ " + N'|')" -%}
    (
        select string_agg(cast(concat(
            convert(varchar(max), convert(varbinary(max), cast(
                substring({{ text }}, piece.place_before + 1, piece.place - piece.place_before - 1) as varchar(max)
            )), 2),
            case
                when piece.code < 128 then ''
                when piece.code < 2048
                    then convert(varchar(8), convert(binary(2), 49280 + (piece.code / 64) * 256 + piece.code % 64), 2)
                when piece.code between 56320 and 57343 then ''
                when piece.code < 65536
                    then convert(varchar(8), convert(binary(3),
                        14712960 + (piece.code / 4096) * 65536 + (piece.code / 64 % 64) * 256 + piece.code % 64), 2)
                else convert(varchar(8), convert(binary(4), cast(
                    4034953344 + cast(piece.code / 262144 as bigint) * 16777216 + (piece.code / 4096 % 64) * 65536
                    + (piece.code / 64 % 64) * 256 + piece.code % 64 as bigint)), 2)
            end
        ) as varchar(max)), '') within group (order by piece.place)
        from (
            select {{ order_sync.computed_once() }}
                spot.place,
                lag(spot.place, 1, 0) over (order by spot.place) as place_before,
                case
                    when spot.code between 55296 and 56319
                        then (spot.code - 55296) * 1024 + unicode(substring({{ text }}, spot.place + 1, 1)) + 9216
                    else coalesce(spot.code, 0)
                end as code
            from (
                select {{ order_sync.computed_once() }} unit.place, unicode(substring({{ text }}, unit.place, 1)) as code
                from (
                    select top ({{ end }}) row_number() over (order by (select null)) as place
                    from (values (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) as a (n)
                    cross join (values (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) as b (n)
                    cross join (values (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) as c (n)
                    cross join (values (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) as d (n)
                    cross join (values (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) as e (n)
                    cross join (values (0), (0), (0), (0), (0), (0), (0), (0), (0), (0)) as f (n)
                ) as unit
            ) as spot
            where spot.code > 127 or spot.place = {{ end }}
        ) as piece
    )
{%- endmacro %}
