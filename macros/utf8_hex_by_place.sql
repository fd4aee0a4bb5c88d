{#- Every character beyond ASCII is one place, the end another: each gives the ASCII before it, whose bytes are its code
    points, and then the bytes of its own code point by the rules of UTF-8. The second half of a pair gives nothing.
    Each step is computed once (computed_once says why), so that nothing is asked twice of a character. -#}
{% macro utf8_hex_by_place(text) -%}
    {%- set text = order_sync.exact(text) -%}
    {#- The bar keeps trailing blanks in the count, and makes it one more than the length. -#}
    {%- set end = 'len(' ~ text ~ " + N'|')" -%}
    (
        select string_agg(cast(concat(
            {{ order_sync.ascii_hex(
                'substring(' ~ text ~ ', piece.place_before + 1, piece.place - piece.place_before - 1)'
            ) }},
            case
                when piece.code < 128 then ''
                when piece.code < 2048 then {{ order_sync.code_point_hex('piece.code', 2) }}
                when piece.code between 56320 and 57343 then ''
                when piece.code < 65536 then {{ order_sync.code_point_hex('piece.code', 3) }}
                else {{ order_sync.code_point_hex('piece.code', 4) }}
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
                where substring({{ text }}, unit.place, 1) > nchar(127) or unit.place = {{ end }}
            ) as spot
        ) as piece
    )
{%- endmacro %}
