{#- Small letters and, in the same order, their capitals: Latin, Greek, Cyrillic, Armenian, Georgian, full width. -#}
{% macro cased_letters() -%}
    {%- set small, capital = [], [] -%}
    {%- for first, last in [(97, 123), (181, 1416), (4304, 4352), (7680, 8192), (11312, 11508), (42560, 42900), (65345, 65371)] -%}
        {%- for code in range(first, last) -%}
            {%- set letter = '%c' | format(code) -%}
            {%- set upper_letter = letter | upper -%}
            {%- if upper_letter != letter and upper_letter | length == 1 -%}
                {%- do small.append(letter) -%}
                {%- do capital.append(upper_letter) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return([small | join, capital | join]) }}
{%- endmacro %}
