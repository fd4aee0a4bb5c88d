{#- The variables of the project: what kind of value each takes. Defaults and meaning stand in dbt_project.yml. -#}
{% macro variables() -%}
    {{ return([
        {'name': 'received_from', 'kind': 'date'},
        {'name': 'orders_scope', 'kind': 'condition'},
        {'name': 'on_source_removal', 'kind': 'word', 'words': ['ignore', 'archive']},
        {'name': 'max_removal_percent', 'kind': 'percent'},
        {'name': 'on_board_deletion', 'kind': 'word', 'words': ['recreate', 'park']},
        {'name': 'group_customer', 'kind': 'word', 'words': ['source', 'canonical']},
        {'name': 'item_name_separator', 'kind': 'separator'},
        {'name': 'reject_unknown_customers', 'kind': 'switch'},
    ]) }}
{%- endmacro %}
