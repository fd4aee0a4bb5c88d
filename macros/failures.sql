{#- Unresolved failures of the present mapping, one row per key and hash: the attempts so far, and whether the row is to
    wait for a change (refused for good, or tried as often as allowed). Cells that were left blank hold nothing back.
    key_columns: columns of the key beside ROW_HASH. -#}
{% macro failures(relation, key_columns) -%}
    {%- set texts = [] -%}
    {%- for column in key_columns + ['ROW_HASH'] -%}{%- do texts.append(order_sync.exact(column)) -%}{%- endfor -%}
    select
        {%- for column in key_columns + ['ROW_HASH'] %}
        {{ order_sync.exact(column) }} as {{ column }},
        {%- endfor %}
        max(ATTEMPT) as ATTEMPTS,
        max(
            case
                when cast(RETRYABLE as int) = 0 or cast(MAX_RETRIES_REACHED as int) = 1 then 1
                else 0
            end
        ) as IS_BLOCKED
    from {{ relation }}
    where
        RESOLVED_AT is null
        and coalesce(ERROR_CLASS, '') <> 'CELL'
        and MAPPING_HASH = '{{ order_sync.mapping_hash() }}'
    group by {{ texts | join(', ') }}
{%- endmacro %}
