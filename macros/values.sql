{#- Numbers, dates and moments: read from texts by one grammar, and written as text in one form. -#}

{#- number_text is made once, for number_value names its argument nine times on SQL Server. -#}
{% macro cell_number(text) -%}
    {{ by_engine(
        number_value(number_text(text)),
        '(select ' ~ number_value('plain.figure') ~ ' from (select ' ~ computed_once() ~ number_text(text) ~ ' as figure) as plain)'
    ) }}
{%- endmacro %}

{#- Plain figures pass untouched. Of others that follow the grammar (signs of money and per cent and blanks at the ends, a
    sign or parentheses, commas between groups of three) the figure and its sign are left; what doesn't follow it stays,
    and number_value refuses it. -#}
{% macro number_text(text) %}{{ return(adapter.dispatch('number_text', 'order_sync')(text)) }}{% endmacro %}

{% macro default__number_text(text) -%}
    {%- set ends = '[$%\\s' ~ character_class(blank_codes()) ~ ']*' -%}
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
    {%- set ends = "(" ~ characters(blank_codes()) ~ " + N'$%')" -%}
    case
        when {{ exact(text) }} not like N'%[^0-9.]%' then {{ exact(text) }}
        else (
            select
                parts.plus_minus + case
                    when
                        parts.whole not like N',%'
                        and translate(parts.whole, N'123456789', N'000000000') = right(replicate(N',000', 25), len(parts.whole))
                        then replace(parts.whole, N',', N'')
                    else parts.whole
                end + substring(parts.figure, len(parts.whole + N'|'), len(parts.figure))
            from (
                select {{ computed_once() }} signed.*, left(signed.figure, charindex(N'.', signed.figure + N'.') - 1) as whole
                from (
                    select {{ computed_once() }}
                        case
                            when bare.figure like N'(%)' then N'-'
                            when bare.figure like N'[-+]%' then left(bare.figure, 1)
                            else N''
                        end as plus_minus,
                        trim({{ ends }} from case
                            when bare.figure like N'(%)' then substring(bare.figure, 2, len(bare.figure) - 2)
                            when bare.figure like N'[-+]%' then substring(bare.figure, 2, len(bare.figure))
                            else bare.figure
                        end) as figure
                    from (select {{ computed_once() }} trim({{ ends }} from {{ exact(text) }}) as figure) as bare
                ) as signed
            ) as parts
        )
    end
{%- endmacro %}

{% macro number_value(text) %}{{ return(adapter.dispatch('number_value', 'order_sync')(text)) }}{% endmacro %}

{#- The pattern comes first: a cast alone would also take exponents and digit separators. -#}
{% macro default__number_value(text) -%}
    case
        when regexp_full_match({{ text }}, '[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)')
            then try_cast({{ text }} as decimal(18, 4))
    end
{%- endmacro %}

{#- A sign in front, figures, and a point at most. Rounding looks at the fifth decimal alone, so the decimals behind it
    can go: a cast refuses more than 38 digits. -#}
{% macro sqlserver__number_value(text) -%}
    {%- set text = exact(text) -%}
    case
        when
            {{ text }} like N'[-+.0-9]%' and {{ text }} like N'%[0-9]%'
            and {{ text }} not like N'_%[^.0-9]%' and {{ text }} not like N'%.%.%'
            then case
                when len({{ text }}) < 15 then cast(round(cast({{ text }} as decimal(28, 14)), 4) as decimal(18, 4))
                else try_cast(round(
                    try_cast(left({{ text }}, charindex(N'.', {{ text }} + N'.') + 5) as decimal(38, 5)), 4
                ) as decimal(18, 4))
            end
    end
{%- endmacro %}

{#- Without zeros at the end. rtrim takes off blanks alone before SQL Server 2022, so zeros are blanks for a moment. -#}
{% macro number_to_text(number) -%}
    {%- set blanks = "rtrim(replace(cast(" ~ number ~ " as nvarchar(40)), N'0', N' '))" -%}
    {{ by_engine(
        "rtrim(rtrim(cast(" ~ number ~ " as varchar), '0'), '.')",
        "replace(replace(replace(" ~ blanks ~ ", N' ', N'0') + N'|', N'.|', N''), N'|', N'')"
    ) }}
{%- endmacro %}

{#- The day as it is written, whatever the time zone behind it. A column of dates needs no reading: only years that no
    board shows are left out. -#}
{% macro date_value(cell, type=none) -%}
    {%- if type == 'date' -%}
        case when {{ cell }} >= cast('0001-01-01' as date) and {{ cell }} <= cast('9999-12-31' as date) then {{ cell }} end
    {%- else -%}
        {{ return(adapter.dispatch('date_value', 'order_sync')(cell)) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__date_value(text) -%}
    {%- set time = '[Tt ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]+)?)?' -%}
    {%- set zone = ' ?([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)' -%}
    case
        when
            regexp_full_match({{ text }}, '[0-9]{4}-[0-9]{2}-[0-9]{2}({{ time }}({{ zone }})?)?')
            and {{ text }} >= '0001'
            then try_cast(left({{ text }}, 10) as date)
    end
{%- endmacro %}

{#- A cast to date reads YYYY-MM-DD alike under every language and date format. The time ends where its zone begins; the
    bar keeps blanks in the comparison. -#}
{% macro sqlserver__date_value(text) -%}
    {%- set text = exact(text) -%}
    {%- set two = '[0-9][0-9]' -%}
    {%- set day = two ~ two ~ '-' ~ two ~ '-' ~ two -%}
    {%- set zone_at = "patindex(N'%[-+Z]%', upper(written) + N'Z')" -%}
    case
        when {{ text }} like N'{{ day }}' then try_cast({{ text }} as date)
        when {{ text }} like N'{{ day }}_{{ two }}:{{ two }}%' and substring({{ text }}, 11, 1) in (N' ', N'T', N't') then (
            select try_cast(left({{ text }}, 10) as date)
            from (
                select {{ computed_once() }}
                    rtrim(left(written, {{ zone_at }} - 1)) + N'|' as hours,
                    substring(written, {{ zone_at }}, 4000) + N'|' as zone
                from (select substring({{ text }}, 12, 4000) as written) as behind
            ) as parts
            where
                (
                    parts.zone in (N'|', N'Z|', N'z|')
                    {%- for digits in [two, two ~ two, two ~ ':' ~ two] %}
                    or parts.zone like N'[-+]{{ digits }}|'
                    {%- endfor %}
                )
                and (
                    parts.hours like N'{{ two }}:{{ two }}|'
                    or parts.hours like N'{{ two }}:{{ two }}:{{ two }}|'
                    or parts.hours like N'{{ two }}:{{ two }}:{{ two }}.[0-9]%' and substring(parts.hours, 10, 4000) not like N'%[^0-9]%|'
                )
                and try_cast(replace(left(parts.hours, 8), N'|', N'') as time(0)) is not null
        )
    end
{%- endmacro %}

{% macro timestamp_literal(moment) -%}
    cast('{{ moment.astimezone(modules.pytz.utc).strftime('%Y-%m-%d %H:%M:%S.%f') }}' as {{ type_timestamp() }})
{%- endmacro %}

{% macro canonical_text(expression, type) -%}
    {{ number_to_text(expression) if type == 'numbers' else 'cast(' ~ expression ~ ' as nvarchar(40))' }}
{%- endmacro %}

{#- The fields in one text that can be taken apart again in one way only, so that no two different rows make the same: a
    text is led by its length, other values end in a bar, a null is no more than the colon or the bar. The length on SQL Server
    leaves blanks at the end out, and what follows them begins with none. -#}
{% macro hash_text(fields) -%}
    concat(
        {{ long_text("''") }}
    {%- for field in fields %},
        {% if field.type in ['numbers', 'integer', 'date'] -%}
        concat(cast({{ field.quoted }} as nvarchar(40)), '|')
        {%- else -%}
        concat({{ dbt.length(field.quoted) }}, ':', {{ field.quoted }})
        {%- endif %}
    {%- endfor %}
    )
{%- endmacro %}

{#- On SQL Server over the bytes of nvarchar, while DuckDB hashes UTF-8: no hash travels from one engine to the other. -#}
{% macro sha256_hex(text) -%}
    {{ by_engine('sha256(' ~ text ~ ')', "lower(convert(nvarchar(64), hashbytes('SHA2_256', cast(" ~ text ~ ' as nvarchar(max))), 2))') }}
{%- endmacro %}

{#- A fingerprint of a whole source row: of these expressions, of one at least. The 32 bits of SQL Server's are few, and the function
    is weak: once forwards, once backwards. A hash of a text of all cells would cost as much again as all other hashes. -#}
{% macro cells_hash(cells) -%}
    {%- set backwards = cells | reverse | join(', ') -%}
    {{ '0' if not cells else by_engine(
        'hash(' ~ cells | join(', ') ~ ')',
        'cast(binary_checksum(' ~ cells | join(', ') ~ ') as bigint) * 4294967296 + cast(binary_checksum(' ~ backwards ~ ') as bigint)'
    ) }}
{%- endmacro %}

{#- SQL Server pads with blanks before it compares text, in every collation: the lengths tell the rest. -#}
{% macro values_differ(left_value, right_value, type) -%}
    {%- set sides = [left_value, right_value] -%}
    {%- set nulls = left_value ~ ' is null and ' ~ right_value ~ ' is not null or ' ~ left_value ~ ' is not null and ' ~ right_value ~ ' is null' -%}
    {%- set texts = exact(left_value) ~ ' <> ' ~ exact(right_value) ~ ' or datalength(' ~ sides | join(') <> datalength(') ~ ')' -%}
    {%- set unlike = sides | join(' <> ') if type in ['numbers', 'date', 'integer'] else texts -%}
    {{ by_engine(sides | join(' is distinct from '), '(' ~ nulls ~ ' or ' ~ unlike ~ ')') }}
{%- endmacro %}
