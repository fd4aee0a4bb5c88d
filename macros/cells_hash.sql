{#- A fingerprint of a whole source row, equal for rows that are alike: of these expressions, of one at least. -#}
{% macro cells_hash(cells) -%}
    {{ return(adapter.dispatch('cells_hash', 'order_sync')(cells) if cells else '0') }}
{%- endmacro %}

{% macro default__cells_hash(cells) -%}
    hash({{ cells | join(', ') }})
{%- endmacro %}

{#- 32 bits are few, and the function is weak: once forwards, once backwards. A hash of a text of all cells would cost as
    much again as all other hashes of the build. -#}
{% macro sqlserver__cells_hash(cells) -%}
    cast(binary_checksum({{ cells | join(', ') }}) as bigint) * 4294967296
    + cast(binary_checksum({{ cells | reverse | join(', ') }}) as bigint)
{%- endmacro %}
