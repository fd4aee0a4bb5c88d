{#- Numbers, dates and moments: read from texts by one grammar, and written as text in one form. -#}

{#- As number_value, of a text that number_text has still to make plain. -#}
{% macro cell_number(text) %}{{ return(adapter.dispatch('cell_number', 'order_sync')(text)) }}{% endmacro %}

{% macro default__cell_number(text) %}{{ number_value(number_text(text)) }}{% endmacro %}

{#- Made plain once: number_value names its argument nine times. -#}
{% macro sqlserver__cell_number(text) -%}
    (select {{ number_value('plain.figure') }} from (select {{ computed_once() }} {{ number_text(text) }} as figure) as plain)
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

{#- A sign in front, figures, and a point at most; the bar keeps blanks in the comparison. Rounding looks at the fifth
    decimal alone, so the decimals behind it can go: a cast refuses more than 38 digits. -#}
{% macro sqlserver__number_value(text) -%}
    {%- set text = exact(text) -%}
    {%- set kept = "replace(translate(" ~ text ~ ", N'123456789', N'000000000'), N'0', N'') + N'|'" -%}
    case
        when
            {{ text }} like N'%[0-9]%'
            and (
                {{ kept }} in (N'|', N'.|')
                or ({{ text }} like N'[-+]%' and {{ kept }} in (N'-|', N'+|', N'-.|', N'+.|'))
            )
            then case
                when len({{ text }}) < 15 then cast(round(cast({{ text }} as decimal(28, 14)), 4) as decimal(18, 4))
                else try_cast(round(
                    try_cast(left({{ text }}, charindex(N'.', {{ text }} + N'.') + 5) as decimal(38, 5)), 4
                ) as decimal(18, 4))
            end
    end
{%- endmacro %}

{#- Without zeros at the end. -#}
{% macro number_to_text(number) %}{{ return(adapter.dispatch('number_to_text', 'order_sync')(number)) }}{% endmacro %}
{% macro default__number_to_text(number) %}rtrim(rtrim(cast({{ number }} as varchar), '0'), '.'){% endmacro %}
{#- rtrim takes off blanks alone before SQL Server 2022, so zeros are blanks for a moment; the bar marks the end. -#}
{% macro sqlserver__number_to_text(number) -%}
    replace(replace(
        replace(rtrim(replace(cast({{ number }} as nvarchar(40)), N'0', N' ')), N' ', N'0') + N'|', N'.|', N''), N'|', N'')
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

{#- The pattern comes first, for a cast alone would take more. -#}
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
    case
        when {{ text }} like N'{{ day }}' then try_cast({{ text }} as date)
        when {{ text }} like N'{{ day }}_{{ two }}:{{ two }}%' and substring({{ text }}, 11, 1) in (N' ', N'T', N't') then (
            select try_cast(left({{ text }}, 10) as date)
            from (
                select {{ computed_once() }}
                    rtrim(left(clock.written, clock.zone_at - 1)) + N'|' as hours,
                    substring(clock.written, clock.zone_at, 4000) + N'|' as zone
                from (
                    select {{ computed_once() }} written, patindex(N'%[-+Z]%', written + N'Z') as zone_at
                    from (select upper(substring({{ text }}, 12, 4000)) as written) as behind
                ) as clock
            ) as parts
            where
                (
                    parts.zone in (N'|', N'Z|')
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

{#- In UTC, whatever the time zone of the server. -#}
{% macro timestamp_literal(moment) -%}
    cast('{{ moment.astimezone(modules.pytz.utc).strftime('%Y-%m-%d %H:%M:%S.%f') }}' as {{ type_timestamp() }})
{%- endmacro %}

{% macro build_time() %}{{ timestamp_literal(run_started_at) }}{% endmacro %}

{#- The one text form of a value, for hashing: numbers without trailing zeros, dates as YYYY-MM-DD. -#}
{% macro canonical_text(expression, type) -%}
    {%- if type == 'numbers' -%}
        {{ number_to_text(expression) }}
    {%- elif type in ['integer', 'date'] -%}
        cast({{ expression }} as nvarchar(40))
    {%- else -%}
        replace({{ exact(expression) }}, {{ text_literal('|') }}, {{ text_literal('||') }})
    {%- endif -%}
{%- endmacro %}

{#- The fields in one text that can be taken apart again in one way only: a value ends in "|;", a null is "|-", and a
    bar inside a value is doubled. So no two different rows make the same text. -#}
{% macro hash_text(fields) -%}
    concat(
        {{ long_text("''") }}
    {%- for field in fields %},
        case when {{ field.quoted }} is null then '|-' else concat({{ canonical_text(field.quoted, field.type) }}, '|;') end
    {%- endfor %}
    )
{%- endmacro %}

{% macro sha256_hex(text) %}{{ return(adapter.dispatch('sha256_hex', 'order_sync')(text)) }}{% endmacro %}
{% macro default__sha256_hex(text) %}sha256({{ text }}){% endmacro %}
{#- Over the bytes of nvarchar, while DuckDB hashes UTF-8: no hash travels from one engine to the other. -#}
{% macro sqlserver__sha256_hex(text) -%}
    lower(convert(char(64), hashbytes('SHA2_256', cast({{ text }} as nvarchar(max))), 2))
{%- endmacro %}

{#- A fingerprint of a whole source row: of these expressions, of one at least. -#}
{% macro cells_hash(cells) -%}
    {{ return(adapter.dispatch('cells_hash', 'order_sync')(cells) if cells else '0') }}
{%- endmacro %}
{% macro default__cells_hash(cells) %}hash({{ cells | join(', ') }}){% endmacro %}
{#- 32 bits are few, and the function is weak: once forwards, once backwards. A hash of a text of all cells would cost as
    much again as all other hashes of the build. -#}
{% macro sqlserver__cells_hash(cells) -%}
    cast(binary_checksum({{ cells | join(', ') }}) as bigint) * 4294967296
    + cast(binary_checksum({{ cells | reverse | join(', ') }}) as bigint)
{%- endmacro %}

{% macro values_differ(left_value, right_value, type) -%}
    {{ return(adapter.dispatch('values_differ', 'order_sync')(left_value, right_value, type)) }}
{%- endmacro %}
{% macro default__values_differ(left_value, right_value, type) %}{{ left_value }} is distinct from {{ right_value }}{% endmacro %}
{#- SQL Server pads with blanks before it compares text, in every collation: the lengths tell the rest. -#}
{% macro sqlserver__values_differ(left_value, right_value, type) -%}
    (
        {{ left_value }} is null and {{ right_value }} is not null
        or {{ left_value }} is not null and {{ right_value }} is null
        {%- if type in ['numbers', 'date', 'integer'] %}
        or {{ left_value }} <> {{ right_value }}
        {%- else %}
        or {{ exact(left_value) }} <> {{ exact(right_value) }}
        or datalength({{ left_value }}) <> datalength({{ right_value }})
        {%- endif %}
    )
{%- endmacro %}
