{#- Texts: how they are compared, cleaned, cut and joined. -#}

{#- Of two forms of an expression the one for the engine at hand; longer ones dispatch by themselves. -#}
{% macro by_engine(duckdb, sqlserver) %}{{ return(adapter.dispatch('by_engine', 'order_sync')(duckdb, sqlserver)) }}{% endmacro %}
{% macro default__by_engine(duckdb, sqlserver) %}{{ return(duckdb) }}{% endmacro %}
{% macro sqlserver__by_engine(duckdb, sqlserver) %}{{ return(sqlserver) }}{% endmacro %}

{#- SQL Server would compare by the collation of the column or the database: case, width and accents may not count. -#}
{% macro exact(text) %}{{ by_engine(text, '(' ~ text ~ ') collate Latin1_General_100_BIN2') }}{% endmacro %}

{#- Without N the literal goes through the code page of the database. -#}
{% macro text_literal(value) %}{{ by_engine('', 'N') }}'{{ value | replace("'", "''") }}'{% endmacro %}

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

{% macro match_text(text) %}{{ upper_text(trim_text(text, fold=true)) }}{% endmacro %}
{% macro words_for_nothing() %}('', 'nan', 'none', 'null'){% endmacro %}

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

{#- Almost every value is printable ASCII and needs no more than a plain trim; the rest pays for the whole treatment. U+0000 comes
    from its bytes on SQL Server: nchar(0) is null on some, which would take the whole text along. -#}
{% macro trim_text(text, keep_line_ends=false, fold=false) -%}
    {%- set invisible = invisible_codes(shaping=fold) -%}
    {%- set controls = range(1, 9) | list + [11, 12] + range(14, 32) | list + range(127, 160) | list -%}
    {%- set gone = controls + ([] if keep_line_ends else invisible) -%}
    {%- set blank = [9] + (blank_codes() if fold else []) + ([] if keep_line_ends else [13, 10]) -%}
    {%- set blanks = ('' if keep_line_ends else '\\r\\n|') ~ '[' ~ character_class(blank) ~ ']' -%}
    {%- set whole = "replace(" ~ exact(text) ~ ", convert(nvarchar(1), 0x0000), N'')" -%}
    {%- set whole = whole if keep_line_ends else "replace(" ~ whole ~ ", nchar(13) + nchar(10), N' ')" -%}
    {%- set made = "replicate(nchar(1), " ~ gone | length ~ ") + space(" ~ blank | length ~ ")" -%}
    case
        when {{ by_engine("regexp_matches(" ~ text ~ ", '[^ -~]')", exact(text) ~ " like N'%[^ -~]%'") }}
            then trim({{ characters(blank_codes() + (invisible if keep_line_ends else [])) }} from {{ by_engine(
                "regexp_replace(regexp_replace(" ~ text ~ ", '" ~ blanks ~ "', ' ', 'g'), '[" ~ character_class([0] + gone) ~ "]', '', 'g')",
                "replace(translate(" ~ [whole, characters(gone + blank), made] | join(", ") ~ "), nchar(1), N'')"
            ) }})
        else trim({{ text }})
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

{#- A collation with supplementary characters counts and cuts no halves of them; the bar keeps blanks in the count. -#}
{% macro text_length(text) -%}
    {{ by_engine('length(' ~ text ~ ')', '(len((' ~ text ~ " + N'|') collate Latin1_General_100_CI_AS_SC) - 1)") }}
{%- endmacro %}

{% macro first_characters(text, count) -%}
    {{ by_engine('left(' ~ text ~ ', ' ~ count ~ ')',
        exact('left((' ~ text ~ ') collate Latin1_General_100_CI_AS_SC, ' ~ count ~ ')')) }}
{%- endmacro %}

{% macro utf16_length(text) -%}
    {{ by_engine(
        '(length(' ~ text ~ ') + length(regexp_replace(' ~ text ~ ", '[^\\x{10000}-\\x{10FFFF}]', '', 'g')))",
        '(datalength(cast(' ~ text ~ ' as nvarchar(max))) / 2)'
    ) }}
{%- endmacro %}

{#- With a length of its own a text can be grouped and joined in memory on SQL Server; nvarchar(max) is a large object. A
    character outside the basic plane takes two of its units. -#}
{% macro short_text(text, length) -%}
    cast({{ first_characters(text, length) }} as nvarchar({{ 2 * length }}))
{%- endmacro %}

{% macro long_text(text) %}cast({{ text }} as {{ by_engine('varchar', 'nvarchar(max)') }}){% endmacro %}

{% macro texts_in_order(text, sort_key) -%}
    {{ dbt.listagg(long_text(text), "';'", 'order by ' ~ exact(sort_key)) }}
{%- endmacro %}
