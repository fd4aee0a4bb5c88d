{#- Texts: how they are compared, cleaned, cut and joined. The forms of an engine stand behind the macro that calls them. -#}

{% macro exact(text) %}{{ return(adapter.dispatch('exact', 'order_sync')(text)) }}{% endmacro %}
{% macro default__exact(text) %}{{ text }}{% endmacro %}
{#- Without it SQL Server compares by the collation of the column or the database: case, width and accents may not count. -#}
{% macro sqlserver__exact(text) %}({{ text }}) collate Latin1_General_100_BIN2{% endmacro %}

{% macro text_literal(value) %}{{ return(adapter.dispatch('text_literal', 'order_sync')(value)) }}{% endmacro %}
{% macro default__text_literal(value) %}'{{ value | replace("'", "''") }}'{% endmacro %}
{#- Without N the literal goes through the code page of the database. -#}
{% macro sqlserver__text_literal(value) %}N'{{ value | replace("'", "''") }}'{% endmacro %}

{#- dbt's own macro: texts of unit test fixtures keep their Unicode characters. Quotes inside are doubled already. -#}
{% macro sqlserver__string_literal(value) %}N'{{ value }}'{% endmacro %}

{#- The adapter's own quoting leaves a quote inside the name as it is, and sizes in inches have one. -#}
{% macro quoted_name(name) %}"{{ name | replace('"', '""') }}"{% endmacro %}

{% macro characters(codes) %}{{ return(adapter.dispatch('characters', 'order_sync')(codes)) }}{% endmacro %}
{#- As they are, in one literal: a call of chr() for each makes the statement long to read for DuckDB. Line ends alone are calls,
    for Jinja's indent puts blanks behind one and makes one kind of them. -#}
{% macro default__characters(codes) -%}
    ('{% for code in codes %}{{ "' || chr(" ~ code ~ ") || '" if code in [10, 11, 12, 13, 28, 29, 30, 133, 8232, 8233] else '%c' | format(code) }}{% endfor %}')
{%- endmacro %}
{#- char() would go through the code page of the database. -#}
{% macro sqlserver__characters(codes) %}(nchar({{ codes | join(') + nchar(') }})){% endmacro %}

{#- One named collation on SQL Server, because upper() would follow that of the database. ß has no capital in either
    engine, SS is what names and labels are compared by. -#}
{% macro upper_text(text) -%}
    upper(replace({{ exact(text) }}, {{ text_literal('ß') }}, {{ text_literal('SS') }}))
{%- endmacro %}

{% macro fold_text(text) %}{{ trim_text(text, fold=true) }}{% endmacro %}

{% macro match_text(text) %}{{ upper_text(fold_text(text)) }}{% endmacro %}

{#- White space, as Python's str.strip() takes it off the ends of a text, less the control characters, which are gone by
    then; 10 and 13 matter for long text alone. The last three only look blank. -#}
{% macro blank_codes() -%}
    {{ return([32, 10, 13, 160, 5760] + range(8192, 8203) | list + [8232, 8233, 8239, 8287, 12288, 10240, 12644, 65440]) }}
{%- endmacro %}

{#- Soft hyphen, zero-width characters, byte order mark, marks of direction. Letters and emoji may be shaped by some of
    them (joiners and variation selectors), which matters only where text is shown. -#}
{% macro invisible_codes(shaping) -%}
    {%- set codes = [173, 847, 1564, 6158, 8203, 8206, 8207] + range(8234, 8239) | list + range(8288, 8304) | list
        + [65279] + range(65529, 65532) | list -%}
    {{ return(codes + ([8204, 8205] + range(6155, 6158) | list + [6159] + range(65024, 65040) | list if shaping else [])) }}
{%- endmacro %}

{% macro character_class(codes, form='\\x{%X}') -%}
    {%- for code in codes -%}{{ form | format(code) }}{%- endfor -%}
{%- endmacro %}

{% macro trim_text(text, keep_line_ends=false, fold=false) -%}
    {{ return(adapter.dispatch('trim_text', 'order_sync')(text, keep_line_ends, fold, invisible_codes(shaping=fold))) }}
{%- endmacro %}

{#- Almost every value is printable ASCII and needs no more than a plain trim; the rest pays for the whole treatment. -#}
{% macro default__trim_text(text, keep_line_ends, fold, invisible) -%}
    {%- set controls = '\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F\\x7F-\\x{9F}' -%}
    {%- if keep_line_ends -%}
        {%- set flat = "replace(regexp_replace(" ~ text ~ ", '[" ~ controls ~ "]', '', 'g'), chr(9), ' ')" -%}
    {%- else -%}
        {%- set blanks = '\\r\\n|[\\t\\r\\n' ~ (character_class(blank_codes()) if fold else '') ~ ']' -%}
        {%- set flat = "regexp_replace(regexp_replace(" ~ text ~ ", '" ~ blanks ~ "', ' ', 'g'), '[" ~ controls
            ~ character_class(invisible) ~ "]', '', 'g')" -%}
    {%- endif -%}
    case
        when regexp_matches({{ text }}, '[^ -~]')
            then trim({{ flat }}, {{ characters(blank_codes() + (invisible if keep_line_ends else [])) }})
        else trim({{ text }})
    end
{%- endmacro %}

{#- U+0000 comes from its bytes: nchar(0) is null on some servers, which would take the whole text along. -#}
{% macro sqlserver__trim_text(text, keep_line_ends, fold, invisible) -%}
    {%- set controls = range(1, 9) | list + [11, 12] + range(14, 32) | list + range(127, 160) | list -%}
    {%- set gone = controls + ([] if keep_line_ends else invisible) -%}
    {%- set blank = [9] + (blank_codes() if fold else []) + ([] if keep_line_ends else [13, 10]) -%}
    {%- set flat = "replace(" ~ exact(text) ~ ", convert(nvarchar(1), 0x0000), N'')" -%}
    {%- set flat = flat if keep_line_ends else "replace(" ~ flat ~ ", nchar(13) + nchar(10), N' ')" -%}
    case
        when {{ exact(text) }} like N'%[^ -~]%'
            then trim({{ characters(blank_codes() + (invisible if keep_line_ends else [])) }} from replace(
                translate(
                    {{ flat }},
                    {{ characters(gone + blank) }},
                    replicate(nchar(1), {{ gone | length }}) + space({{ blank | length }})
                ),
                nchar(1),
                N''
            ))
        else ltrim(rtrim({{ text }}))
    end
{%- endmacro %}

{#- What match_text does in SQL, for names of columns, which are known before any SQL is made. -#}
{% macro folded_names(names) -%}
    {%- set gone = range(9) | list + range(14, 32) | list + range(127, 160) | list + invisible_codes(shaping=true) -%}
    {%- set gone = '[' ~ character_class(gone, '\\U%08X') ~ ']' -%}
    {%- set blank = '[\t' ~ character_class(blank_codes(), '\\U%08X') ~ ']' -%}
    {%- set found = [] -%}
    {%- for name in names -%}
        {%- do found.append((modules.re.sub(gone, '', modules.re.sub(blank, ' ', name)) or name) | trim | upper) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- Words that spreadsheets leave in empty cells. -#}
{% macro blank_to_null(text) -%}
    case
        when {{ dbt.length(text) }} > 4 then {{ text }}
        when {{ exact('lower(' ~ text ~ ')') }} not in ('', 'nan', 'none', 'null') then {{ text }}
    end
{%- endmacro %}

{% macro text_length(text) %}{{ return(adapter.dispatch('text_length', 'order_sync')(text)) }}{% endmacro %}
{% macro default__text_length(text) %}length({{ text }}){% endmacro %}
{#- A collation with supplementary characters counts characters, not halves of them; the bar keeps blanks in the count. -#}
{% macro sqlserver__text_length(text) %}(len(({{ text }} + N'|') collate Latin1_General_100_CI_AS_SC) - 1){% endmacro %}

{% macro utf16_length(text) %}{{ return(adapter.dispatch('utf16_length', 'order_sync')(text)) }}{% endmacro %}
{% macro default__utf16_length(text) -%}
    (length({{ text }}) + length(regexp_replace({{ text }}, '[^\x{10000}-\x{10FFFF}]', '', 'g')))
{%- endmacro %}
{% macro sqlserver__utf16_length(text) %}(datalength(cast({{ text }} as nvarchar(max))) / 2){% endmacro %}

{% macro first_characters(text, count) -%}
    {{ return(adapter.dispatch('first_characters', 'order_sync')(text, count)) }}
{%- endmacro %}
{% macro default__first_characters(text, count) %}left({{ text }}, {{ count }}){% endmacro %}
{#- A collation with supplementary characters never cuts one in half. -#}
{% macro sqlserver__first_characters(text, count) -%}
    {{ exact('left((' ~ text ~ ') collate Latin1_General_100_CI_AS_SC, ' ~ count ~ ')') }}
{%- endmacro %}

{#- With a length of its own a text can be grouped and joined in memory on SQL Server; nvarchar(max) is a large object. A
    character outside the basic plane takes two of its units. -#}
{% macro short_text(text, length) -%}
    cast({{ first_characters(text, length) }} as nvarchar({{ 2 * length }}))
{%- endmacro %}

{#- Without a limit to its length. -#}
{% macro long_text(text) %}{{ return(adapter.dispatch('long_text', 'order_sync')(text)) }}{% endmacro %}
{% macro default__long_text(text) %}cast({{ text }} as varchar){% endmacro %}
{% macro sqlserver__long_text(text) %}cast({{ text }} as nvarchar(max)){% endmacro %}

{% macro texts_in_order(text, sort_key) -%}
    {{ dbt.listagg(long_text(text), "';'", 'order by ' ~ exact(sort_key)) }}
{%- endmacro %}

{#- Null and empty are alike. -#}
{% macro texts_in_a_row(relation, columns) -%}
    concat(
        '',
        ''
        {%- for column in columns %}
        {%- set value = relation ~ '.' ~ column.quoted %},
        {{ canonical_text(value, column.type) if column.type in ['numbers', 'date'] else value }},
        '|'
        {%- endfor %}
    )
{%- endmacro %}
