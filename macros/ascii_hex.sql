{#- T-SQL alone asks for it: the bytes of ASCII text are its code points, in varchar of any code page. -#}
{% macro ascii_hex(text) -%}
    convert(varchar(max), convert(varbinary(max), cast({{ text }} as varchar(max))), 2)
{%- endmacro %}
