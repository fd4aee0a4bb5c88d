{#- Writes to STG_MON_Build how this run of dbt stands; nothing where it makes none of what a push reads, or
    where no build of this shape is there yet. Without `results` the run begins: whatever it does to the staged tables, a
    push believes them only once it has ended well. With them it has ended; the mark is left alone where another run has
    begun since. -#}
{% macro mark_build(results=none) -%}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- set needed = order_sync.models_of_the_push() -%}
        {%- set node = graph.nodes['model.order_sync.stg_mon_build'] -%}
        {%- set relation = adapter.get_relation(database=node.database, schema=node.schema, identifier=node.alias) -%}
        {#- `dbt retry` selects nothing: it counts as touching the staged tables. -#}
        {%- set touched = not selected_resources or selected_resources | select('in', needed) | list -%}
        {%- if relation and touched
            and 'STATE' in adapter.get_columns_in_relation(relation) | map(attribute='name') | map('upper') | list -%}
            {#- A hook isn't committed where rendering it has begun a transaction, so this one carries itself out. -#}
            {%- call statement('mark_build', auto_begin=true) -%}
                update {{ relation }}
                {% if results is none -%}
                set
                    STATE = 'RUNNING',
                    STATE_AT = {{ order_sync.build_time() }},
                    BUILD_ID = '{{ invocation_id }}'
                {%- else -%}
                set
                    STATE = '{{ order_sync.state_of_run(results, needed) }}',
                    STATE_AT = {{ order_sync.timestamp_literal(modules.datetime.datetime.now(modules.pytz.utc)) }}
                where BUILD_ID = '{{ invocation_id }}'
                {%- endif %}
            {%- endcall -%}
            {%- do adapter.commit() -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
