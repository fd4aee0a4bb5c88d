{#- Stops the build where two size columns have one name, but for case, invisible characters and kinds of blanks, and the
    seed doesn't say that they are one size. -#}
{% macro check_size_labels(seed) -%}
    {%- set names = order_sync.folded_names(order_sync.size_columns()) -%}
    {%- set doubles = [] -%}
    {%- for name in names | unique if names.count(name) > 1 -%}{%- do doubles.append(name) -%}{%- endfor -%}
    {%- if doubles and execute -%}
        {%- set query = run_query("select " ~ order_sync.match_text('SIZE_COLUMN') ~ " as NAME from " ~ seed) -%}
        {%- for name in doubles if name not in query.columns[0].values() -%}
            {%- do exceptions.raise_compiler_error(
                "Several size columns of ORDERS_UNIFIED read " ~ name ~ ", but for their case, invisible characters or blanks: "
                ~ "rename or drop all but one, or add " ~ name ~ " to the seed size_labels, so that their quantities add up."
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
