{#- T-SQL alone asks for it. The first byte says how many there are, each of the others carries six bits. -#}
{% macro code_point_hex(code, bytes) -%}
    {%- if bytes == 2 -%}
        convert(varchar(8), convert(binary(2), 49280 + ({{ code }} / 64) * 256 + {{ code }} % 64), 2)
    {%- elif bytes == 3 -%}
        convert(varchar(8), convert(binary(3),
            14712960 + ({{ code }} / 4096) * 65536 + ({{ code }} / 64 % 64) * 256 + {{ code }} % 64), 2)
    {%- else -%}
        convert(varchar(8), convert(binary(4), cast(
            4034953344 + cast({{ code }} / 262144 as bigint) * 16777216 + ({{ code }} / 4096 % 64) * 65536
            + ({{ code }} / 64 % 64) * 256 + {{ code }} % 64 as bigint)), 2)
    {%- endif -%}
{%- endmacro %}
