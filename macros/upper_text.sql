{% macro upper_text(text) -%}
    {{ return(adapter.dispatch('upper_text', 'order_sync')(text)) }}
{%- endmacro %}

{#- Letters outside the basic plane stay as they are, as on SQL Server; few texts have one. -#}
{% macro default__upper_text(text) -%}
    {%- set letters = order_sync.cased_letters() -%}
    case
        when regexp_matches({{ text }}, '[\x{10400}-\x{1E9FF}]')
            then translate(replace({{ text }}, 'ß', 'SS'), '{{ letters[0] }}', '{{ letters[1] }}')
        else upper(replace({{ text }}, 'ß', 'SS'))
    end
{%- endmacro %}

{#- Almost every text is printable ASCII, where upper() under a binary collation does the same on every server; the long
    list of letters costs a hundred times as much. For the rest upper() would follow the collation and the Windows
    version. So every letter is named whose capital is one letter, as Unicode has it, which is what DuckDB does by
    itself. -#}
{% macro sqlserver__upper_text(text) -%}
    {%- set letters = order_sync.cased_letters() -%}
    case
        when {{ order_sync.exact(text) }} not like N'%[^ -~]%' then upper({{ order_sync.exact(text) }})
        else translate(
            replace({{ order_sync.exact(text) }}, N'ß', N'SS'),
            N'{{ letters[0] }}',
            N'{{ letters[1] }}'
        )
    end
{%- endmacro %}
