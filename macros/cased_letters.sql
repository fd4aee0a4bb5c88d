{#- Small letters and, in the same order, their capitals: all of the basic plane whose capital is one letter. -#}
{% macro cased_letters() -%}
    {%- set small, capital = [], [] -%}
    {%- for first, last in [
        (97, 123), (181, 1416), (4304, 4352), (5112, 5118), (7296, 7307), (7545, 7567), (7680, 8192), (8526, 8527),
        (8560, 8581), (9424, 9450), (11312, 11566), (42560, 43000), (43859, 43860), (43888, 43968), (65345, 65371)
    ] -%}
        {%- for code in range(first, last) -%}
            {%- set letter = '%c' | format(code) -%}
            {#- ᾳ has one capital, ᾼ, which Python calls its title case, and two where it is spelt out. -#}
            {%- set upper_letter = letter | upper if letter | upper | length == 1 else letter.title() -%}
            {%- if upper_letter != letter and upper_letter | length == 1 -%}
                {%- do small.append(letter) -%}
                {%- do capital.append(upper_letter) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return([small | join, capital | join]) }}
{%- endmacro %}
