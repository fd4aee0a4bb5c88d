{#- Code points that show nothing: soft hyphen, zero-width characters, byte order mark, marks of direction. Letters and
    emoji may be shaped by some of them (joiners and variation selectors), which matters only where text is shown. -#}
{% macro invisible_codes(shaping) -%}
    {%- set codes = [173, 847, 1564, 6158, 8203, 8206, 8207] + range(8234, 8239) | list + range(8288, 8304) | list
        + [65279] + range(65529, 65532) | list -%}
    {{ return(codes + ([8204, 8205] + range(6155, 6158) | list + [6159] + range(65024, 65040) | list if shaping else [])) }}
{%- endmacro %}
