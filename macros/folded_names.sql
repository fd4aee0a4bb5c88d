{#- What match_text does in SQL, for names of columns, which are known before any SQL is made. Almost every name is plain. -#}
{% macro folded_names(names) -%}
    {%- set gone = range(9) | list + range(14, 32) | list + range(127, 160) | list + order_sync.invisible_codes(shaping=true) -%}
    {%- set blank = [9] + order_sync.blank_codes() -%}
    {%- set found = [] -%}
    {%- for name in names -%}
        {%- set letters = [] -%}
        {%- for letter in ([] if name.isascii() and name.isprintable() else name) -%}
            {%- set code = letter.encode('utf-32-be').hex() | int(base=16) -%}
            {%- if code not in gone -%}{%- do letters.append(' ' if code in blank else letter) -%}{%- endif -%}
        {%- endfor -%}
        {%- do found.append((letters | join or name) | trim | upper) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
