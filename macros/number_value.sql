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
    case
        when {{ order_sync.exact(text) }} like N'%[0-9]%'
            and {{ order_sync.exact(text) }} not like N'%[^0-9.+-]%'
            and {{ order_sync.exact(text) }} not like N'_%[+-]%'
            and {{ order_sync.exact(text) }} not like N'%.%.%'
            then try_cast(
                round(try_cast(left({{ text }}, charindex(N'.', {{ text }} + N'.') + 5) as decimal(38, 5)), 4)
                as decimal(18, 4)
            )
    end
{%- endmacro %}
