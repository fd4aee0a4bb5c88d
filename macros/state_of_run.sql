{#- FAILED where something failed, PARTIAL where a model that a push reads was not made, or not made of all rows; else
    WHOLE. -#}
{% macro state_of_run(results, needed) -%}
    {%- set made, failed = [], [] -%}
    {%- for result in results -%}
        {%- if result.status in ['error', 'fail', 'runtime error', 'partial success'] -%}
            {%- do failed.append(result.node.unique_id) -%}
        {%- elif result.status == 'success' -%}
            {%- do made.append(result.node.unique_id) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if failed -%}
        {{ return('FAILED') }}
    {%- endif -%}
    {{ return('PARTIAL' if flags.EMPTY or flags.SAMPLE or needed | reject('in', made) | list else 'WHOLE') }}
{%- endmacro %}
