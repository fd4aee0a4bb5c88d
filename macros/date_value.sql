{#- A column of dates needs no reading: only years that no board shows are left out. -#}
{% macro date_value(cell, type=none) -%}
    {%- if type == 'date' -%}
        case when {{ cell }} >= cast('0001-01-01' as date) and {{ cell }} <= cast('9999-12-31' as date) then {{ cell }} end
    {%- else -%}
        {{ return(adapter.dispatch('date_value', 'order_sync')(cell)) }}
    {%- endif -%}
{%- endmacro %}

{#- The day as it is written, whatever the time zone behind it; the pattern comes first, for a cast alone would take more. -#}
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

{#- A cast to date reads YYYY-MM-DD alike under every language and date format. Once the zone is off the end of the time,
    minutes, seconds or fractions are left; the bar keeps blanks in the comparison. -#}
{% macro sqlserver__date_value(text) -%}
    {%- set text = order_sync.exact(text) -%}
    {%- set two = '[0-9][0-9]' -%}
    {%- set day = two ~ two ~ '-' ~ two ~ '-' ~ two -%}
    {%- set minutes = two ~ ':' ~ two -%}
    case
        when {{ text }} like N'{{ day }}' then try_cast({{ text }} as date)
        when {{ text }} like N'{{ day }}_{{ minutes }}%' and substring({{ text }}, 11, 1) in (N' ', N'T', N't') then (
            select
                case
                    when
                        (
                            times.written like N'{{ minutes }}|'
                            or times.written like N'{{ minutes }}:{{ two }}|'
                            or (
                                times.written like N'{{ minutes }}:{{ two }}.[0-9]%|'
                                and substring(times.written, 10, 4000) not like N'%[^0-9]%|'
                            )
                        )
                        and try_cast(replace(substring(times.written, 1, 8), N'|', N'') as time(0)) is not null
                        then try_cast(left({{ text }}, 10) as date)
                end
            from (
                select {{ order_sync.computed_once() }}
                    case
                        when clock.written like N'%Z' then rtrim(left(clock.written, len(clock.written) - 1)) + N'|'
                        when clock.written like N'%[-+]{{ two }}:{{ two }}'
                            then rtrim(left(clock.written, len(clock.written) - 6)) + N'|'
                        when clock.written like N'%[-+]{{ two }}{{ two }}'
                            then rtrim(left(clock.written, len(clock.written) - 5)) + N'|'
                        when clock.written like N'%[-+]{{ two }}'
                            then rtrim(left(clock.written, len(clock.written) - 3)) + N'|'
                        else clock.written + N'|'
                    end as written
                from (select {{ order_sync.computed_once() }} upper(substring({{ text }}, 12, 4000)) as written) as clock
            ) as times
        )
    end
{%- endmacro %}
