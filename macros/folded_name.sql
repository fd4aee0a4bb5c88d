{#- What fold_text does in SQL, for names of columns, which are known before any SQL is made. -#}
{% macro folded_name(name) -%}
    {%- set classes = {'gone': range(9) | list + range(14, 32) | list + range(127, 160) | list
        + order_sync.invisible_codes(shaping=true), 'blank': [9] + order_sync.blank_codes()} -%}
    {%- set folded = namespace(text=name) -%}
    {%- for replacement, codes in [('', classes.gone), (' ', classes.blank)] -%}
        {%- set letters = [] -%}
        {%- for code in codes -%}{%- do letters.append('%c' | format(code)) -%}{%- endfor -%}
        {%- set folded.text = modules.re.sub('[' ~ letters | join ~ ']', replacement, folded.text) -%}
    {%- endfor -%}
    {{ return(folded.text | trim) }}
{%- endmacro %}
