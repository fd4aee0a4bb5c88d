{#- What a build leaves for the push, and reads of what the push and the build before left. -#}

{% macro too_many(part, whole) -%}
    ({{ part }} > 10 and {{ part }} * 100.0 > {{ whole }} * {{ var('max_removal_percent') }})
{%- endmacro %}

{% macro unresolved(relation, keys, condition, figures) -%}
    select
        {%- for column in keys %}
        {{ exact(column) }} as {{ column }},
        {%- endfor %}
        {{ figures | join(',\n        ') }}
    from {{ relation }}
    where
        RESOLVED_AT is null
        and {{ condition }}
    group by {% for column in keys %}{{ exact(column) }}{{ ', ' if not loop.last }}{% endfor %}
{%- endmacro %}

{#- A row is blocked that was refused for good, or tried as often as allowed. Cells that were left blank hold nothing back. -#}
{% macro failures(relation, keys) -%}
    {%- set condition = "coalesce(ERROR_CLASS, '') <> 'CELL' and MAPPING_HASH = '" ~ order_sync.mapping_hash() ~ "'" -%}
    {{ unresolved(relation, keys + ['ROW_HASH'], condition, [
        'max(ATTEMPT) as ATTEMPTS',
        'max(case when cast(RETRYABLE as int) = 0 or cast(MAX_RETRIES_REACHED as int) = 1 then 1 else 0 end) as IS_BLOCKED',
    ]) }}
{%- endmacro %}

{#- A cell is due where the mapping changed since, the board's column did, or somebody said retry; HELD_HASH is that at
    which a quantity was refused and is not due. -#}
{% macro cells_left_out(relation, keys) -%}
    {%- set due = "NEXT_RETRY_AT is not null or MAPPING_HASH <> '" ~ order_sync.mapping_hash() ~ "'" -%}
    {{ unresolved(relation, keys, "ERROR_CLASS = 'CELL'", [
        "max(case when COLUMN_NAME <> 'ORDER_QTY' or " ~ due ~ ' then null else ' ~ exact('ROW_HASH') ~ ' end) as HELD_HASH',
        'max(case when ' ~ due ~ ' then 1 else 0 end) as IS_DUE',
    ]) }}
{%- endmacro %}

{#- Without `results` a run of dbt begins: whatever it does to the staged tables, a push believes them only once it has
    ended well. With them it has ended: FAILED where something failed, PARTIAL where a table was not made, or not made of all
    rows. The mark is left alone where another run has begun since, and where this one makes nothing that a push reads, or no
    build of this shape is there yet. -#}
{% macro mark_build(results=none) -%}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {#- Of the models those that a push reads are tables, as is all that they are made of. -#}
        {%- set needed = graph.nodes.values() | selectattr('resource_type', 'eq', 'model')
            | selectattr('config.materialized', 'eq', 'table') | map(attribute='unique_id') | list -%}
        {%- set made = results | default([], true) | selectattr('status', 'eq', 'success') | map(attribute='node.unique_id') | list -%}
        {%- set failed = results | default([], true) | selectattr('status', 'in', ['error', 'fail', 'runtime error', 'partial success']) -%}
        {%- set is_whole = not (flags.EMPTY or flags.SAMPLE or needed | reject('in', made) | list) -%}
        {%- set node = graph.nodes['model.order_sync.stg_mon_build'] -%}
        {%- set relation = adapter.get_relation(database=node.database, schema=node.schema, identifier=node.alias) -%}
        {#- `dbt retry` selects nothing: it counts as touching the staged tables. -#}
        {%- set touched = not selected_resources or selected_resources | select('in', needed) | list -%}
        {%- if relation and touched and 'STATE' in columns_before(relation, []) -%}
            {#- A hook isn't committed where rendering it has begun a transaction, so this one carries itself out. -#}
            {%- call statement('mark_build', auto_begin=true) -%}
                update {{ relation }}
                {% if results is none -%}
                set STATE = 'RUNNING', STATE_AT = {{ timestamp_literal(run_started_at) }}, BUILD_ID = '{{ invocation_id }}'
                {%- else -%}
                set
                    STATE = '{{ 'FAILED' if failed | list else 'WHOLE' if is_whole else 'PARTIAL' }}',
                    STATE_AT = {{ timestamp_literal(modules.datetime.datetime.now(modules.pytz.utc)) }}
                where BUILD_ID = '{{ invocation_id }}'
                {%- endif %}
            {%- endcall -%}
            {%- do adapter.commit() -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- Where nothing is run, all columns that are asked for are taken to be there, so that the whole statement is seen. -#}
{% macro columns_before(relation, wanted) -%}
    {%- if flags.WHICH not in ['build', 'run', 'test'] -%}
        {{ return(wanted) }}
    {%- endif -%}
    {%- set found = load_relation(relation) if execute and relation else none -%}
    {{ return(adapter.get_columns_in_relation(found) | map(attribute='name') | map('upper') | list if found else []) }}
{%- endmacro %}

{#- Behind select. SQL Server writes the expression of a column wherever the column is read, so steps that build on one another
    multiply; a limit that no table reaches keeps each step by itself. -#}
{% macro computed_once() %}{{ by_engine('', 'top (9223372036854775807)') }}{% endmacro %}

{#- DuckDB reads columns whole and joins by hashing: an index would cost time at every build and serve nothing. -#}
{% macro table_indexes(indexes) %}{{ return(by_engine([], indexes)) }}{% endmacro %}
