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

{#- What is left without the figures says whether this is a number: nothing, a point, a sign in front, or both. The bar keeps
    blanks in the comparison. Short numbers, which are nearly all, are cast as they stand. In long ones rounding looks at
    the fifth decimal alone, so the decimals behind it can go: a cast refuses more than 38 digits. -#}
{% macro sqlserver__number_value(text) -%}
    {%- set text = order_sync.exact(text) -%}
    {%- set others = "replace(translate(" ~ text ~ ", N'123456789', N'000000000'), N'0', N'') + N'|'" -%}
    {%- set figure = 'left(' ~ text ~ ", charindex(N'.', " ~ text ~ " + N'.') + 5)" -%}
    case
        when
            ({{ others }} in (N'|', N'.|') and {{ text }} not in (N'', N'.'))
            or (
                {{ text }} like N'[-+]%'
                and {{ others }} in (N'-|', N'+|', N'-.|', N'+.|')
                and {{ text }} not in (N'-', N'+', N'-.', N'+.')
            )
            then case
                when len({{ text }}) < 15 then cast(round(cast({{ text }} as decimal(28, 14)), 4) as decimal(18, 4))
                else try_cast(round(try_cast({{ figure }} as decimal(38, 5)), 4) as decimal(18, 4))
            end
    end
{%- endmacro %}
