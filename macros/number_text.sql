{% macro number_text(text) -%}
    {{ return(adapter.dispatch('number_text', 'order_sync')(text)) }}
{%- endmacro %}

{#- Plain figures pass untouched. In the others the symbols go, and blanks around the figure, its parentheses and
    its sign; parentheses become a minus. What isn't a number stays one that number_value refuses. -#}
{% macro default__number_text(text) -%}
    {%- set blank = '[\\s\\x{A0}\\x{1680}\\x{2000}-\\x{200A}\\x{2028}\\x{2029}\\x{202F}\\x{205F}\\x{3000}]*' -%}
    case
        when regexp_matches({{ text }}, '[^0-9.]')
            then regexp_replace(
                regexp_replace(
                    regexp_replace({{ text }}, '[$,%]', '', 'g'),
                    '^{{ blank }}\({{ blank }}([0-9.]*){{ blank }}\){{ blank }}$', '-\1'
                ),
                '^{{ blank }}([+-]?){{ blank }}([0-9.]*){{ blank }}$', '\1\2'
            )
        else {{ text }}
    end
{%- endmacro %}

{#- The subquery computes the bare figure once (computed_once says why), and only for the values that need it. -#}
{% macro sqlserver__number_text(text) -%}
    {%- set blanks = order_sync.characters(order_sync.blank_codes()) -%}
    {%- set figure = "trim(" ~ blanks ~ " from replace(translate(" ~ order_sync.exact(text)
        ~ ", N'$,%', replicate(nchar(1), 3)), nchar(1), N''))" -%}
    case
        when {{ order_sync.exact(text) }} not like N'%[^0-9.]%' then {{ order_sync.exact(text) }}
        else (
            select
                case
                    when bare.figure like N'(%)'
                        then N'-' + trim({{ blanks }} from substring(bare.figure, 2, len(bare.figure) - 2))
                    when bare.figure like N'[-+]%'
                        then left(bare.figure, 1) + trim({{ blanks }} from substring(bare.figure, 2, len(bare.figure)))
                    else bare.figure
                end
            from (select {{ order_sync.computed_once() }} {{ figure }} as figure) as bare
        )
    end
{%- endmacro %}
