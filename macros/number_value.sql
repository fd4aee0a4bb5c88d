{% macro number_value(text) -%}
    {{ return(adapter.dispatch('number_value', 'order_sync')(text)) }}
{%- endmacro %}

{#- The pattern comes first: a cast alone would also take exponents and digit separators. -#}
{% macro default__number_value(text) -%}
    case
        when regexp_full_match({{ text }}, '[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)')
            then try_cast({{ text }} as decimal(18, 4))
    end
{%- endmacro %}

{#- Rounding looks at the fifth decimal alone, so the decimals behind it can go; a cast refuses more than 38 digits. -#}
{% macro sqlserver__number_value(text) -%}
    {%- set text = order_sync.exact(text) -%}
    case
        when {{ text }} like N'%[0-9]%'
            and replace(replace({{ text }}, N'+', N''), N'-', N'') not like N'%[^0-9.]%'
            and charindex(N'+', {{ text }}, 2) = 0
            and charindex(N'-', {{ text }}, 2) = 0
            and {{ text }} not like N'%.%.%'
            then try_cast(
                round(try_cast(left({{ text }}, charindex(N'.', {{ text }} + N'.') + 5) as decimal(38, 5)), 4)
                as decimal(18, 4)
            )
    end
{%- endmacro %}
