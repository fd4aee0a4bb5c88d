{% macro utf8_hex(text) -%}
    {{ return(adapter.dispatch('utf8_hex', 'order_sync')(text)) }}
{%- endmacro %}

{% macro default__utf8_hex(text) -%}
    hex(encode({{ text }}))
{%- endmacro %}

{#- A text has few characters beyond ASCII, as a rule: the first three are taken off one by one, each with the ASCII before
    it. What is left then, and everything from a character outside the basic plane on, goes through utf8_hex_by_place,
    which looks at every place. Each step is computed once (computed_once says why). -#}
{% macro sqlserver__utf8_hex(text) -%}
    {%- set steps = 3 -%}
    {%- set text = order_sync.exact('cast(' ~ text ~ ' as nvarchar(max))') -%}
    {%- set beyond_ascii = "N'%[^' + nchar(1) + N'-' + nchar(127) + N']%'" -%}
    {%- set code = 'unicode(substring(taken.rest, taken.place, 1))' -%}
    {%- set is_basic = 'taken.place > 0 and (' ~ code ~ ' < 55296 or ' ~ code ~ ' between 57344 and 65535)' -%}
    {%- set behind = 'substring(taken.rest, taken.place + 1, 1000000000)' -%}
    {%- set before = order_sync.ascii_hex('left(taken.rest, taken.place - 1)') -%}
    (
        select concat(
            taken.bytes,
            case
                when taken.rest like {{ beyond_ascii }} then {{ order_sync.utf8_hex_by_place('taken.rest') }}
                else {{ order_sync.ascii_hex('taken.rest') }}
            end
        )
        from (
        {%- for step in range(steps) %}
            select {{ order_sync.computed_once() }}
                case
                    when taken.place > 0 and {{ code }} < 2048
                        then concat(taken.bytes, {{ before }}, {{ order_sync.code_point_hex(code, 2) }})
                    when {{ is_basic }}
                        then concat(taken.bytes, {{ before }}, {{ order_sync.code_point_hex(code, 3) }})
                    else taken.bytes
                end as bytes,
                case when {{ is_basic }} then {{ behind }} else taken.rest end as rest,
                case when {{ is_basic }} then patindex({{ beyond_ascii }}, {{ behind }}) else 0 end as place
            from (
        {%- endfor %}
                select {{ order_sync.computed_once() }}
                    cast('' as varchar(max)) as bytes,
                    {{ text }} as rest,
                    patindex({{ beyond_ascii }}, {{ text }}) as place
        {%- for step in range(steps) %}
            ) as taken
        {%- endfor %}
        ) as taken
    )
{%- endmacro %}
