{#- What fold_text does in SQL, for names of columns, which are known before any SQL is made. Almost every name is plain
    and as it is; those of a table are asked for many times. -#}
{% macro folded_name(name) -%}
    {%- if name.isascii() and name.isprintable() -%}
        {{ return(name | trim) }}
    {%- endif -%}
    {%- set gone = range(9) | list + range(14, 32) | list + range(127, 160) | list + order_sync.invisible_codes(shaping=true) -%}
    {%- set blank = [9] + order_sync.blank_codes() -%}
    {%- set letters = [] -%}
    {%- for letter in name -%}
        {%- set code = letter.encode('utf-32-be').hex() | int(base=16) -%}
        {%- if code not in gone -%}{%- do letters.append(' ' if code in blank else letter) -%}{%- endif -%}
    {%- endfor -%}
    {{ return(letters | join | trim) }}
{%- endmacro %}
