{% macro number_text(text) -%}
    {{ return(adapter.dispatch('number_text', 'order_sync')(text)) }}
{%- endmacro %}

{#- Plain figures pass untouched. Of others that follow the grammar (signs of money and per cent and blanks at the ends, a
    sign or parentheses, commas between groups of three) the figure and its sign are left; what doesn't follow it stays,
    and number_value refuses it. -#}
{% macro default__number_text(text) -%}
    {%- set ends = '[$%\\s' ~ order_sync.character_class(order_sync.blank_codes()) ~ ']*' -%}
    {%- set figure = '(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\\.[0-9]*)?|[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)' -%}
    case
        when not regexp_matches({{ text }}, '[^0-9.]') then {{ text }}
        when regexp_full_match({{ text }}, '{{ ends }}(?:[+-]?{{ ends }}{{ figure }}|\({{ ends }}{{ figure }}{{ ends }}\)){{ ends }}')
            then concat(
                case when regexp_matches({{ text }}, '[-(]') then '-' else '' end,
                regexp_replace({{ text }}, '[^0-9.]', '', 'g')
            )
        else {{ text }}
    end
{%- endmacro %}

{#- The subqueries compute each step once (computed_once says why), and only for the values that need it. Commas go where
    the figures in front of the point, made zeros, are the end of a long row of groups of three. -#}
{% macro sqlserver__number_text(text) -%}
    {%- set ends = "(" ~ order_sync.characters(order_sync.blank_codes()) ~ " + N'$%')" -%}
    case
        when {{ order_sync.exact(text) }} not like N'%[^0-9.]%' then {{ order_sync.exact(text) }}
        else (
            select
                parts.plus_minus + case
                    when
                        parts.whole not like N',%'
                        and translate(parts.whole, N'123456789', N'000000000')
                        = right(replicate(N',000', 25), len(parts.whole))
                        then replace(parts.whole, N',', N'')
                    else parts.whole
                end + substring(parts.figure, len(parts.whole + N'|'), len(parts.figure))
            from (
                select {{ order_sync.computed_once() }}
                    signed.plus_minus,
                    signed.figure,
                    left(signed.figure, charindex(N'.', signed.figure + N'.') - 1) as whole
                from (
                    select {{ order_sync.computed_once() }}
                        case
                            when bare.figure like N'(%)' then N'-'
                            when bare.figure like N'[-+]%' then left(bare.figure, 1)
                            else N''
                        end as plus_minus,
                        case
                            when bare.figure like N'(%)'
                                then trim({{ ends }} from substring(bare.figure, 2, len(bare.figure) - 2))
                            when bare.figure like N'[-+]%'
                                then trim({{ ends }} from substring(bare.figure, 2, len(bare.figure)))
                            else bare.figure
                        end as figure
                    from (
                        select {{ order_sync.computed_once() }}
                            trim({{ ends }} from {{ order_sync.exact(text) }}) as figure
                    ) as bare
                ) as signed
            ) as parts
        )
    end
{%- endmacro %}
