{#- Stops the build where a variable has a value that it may not have, or where there is no variable of that name: a
    mistyped one would leave the default in force without a word. -#}
{% macro check_variables() -%}
    {%- set variables = order_sync.variables() -%}
    {%- set names = variables | map(attribute='name') | list -%}
    {%- set problems = [] -%}
    {%- set project = adapter.config.vars.to_dict() -%}
    {#- dbt_project.yml may put them under the name of the project, too; --vars may not. -#}
    {%- set given = (project | list | reject('eq', project_name) | list) + (project.get(project_name, {}) | list)
        + (adapter.config.cli_vars | list) -%}
    {%- for name in given | unique(case_sensitive=true) if name not in names -%}
        {%- do problems.append("there is none of the name " ~ name ~ ", only " ~ names | join(', ')) -%}
    {%- endfor -%}
    {%- for variable in variables -%}
        {%- set value = var(variable.name, none) -%}
        {%- set needed = order_sync.unfit_value(variable, value) -%}
        {%- if needed -%}
            {%- set shown = value | string | truncate(40, true) -%}
            {%- do problems.append(
                variable.name ~ " is " ~ (tojson(shown) if value is string else 'null' if value is none else shown)
                ~ ", but must be " ~ needed
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if problems -%}
        {%- do exceptions.raise_compiler_error(
            "The variables of this build can't be used: " ~ problems | join('; ')
            ~ " (dbt_project.yml and --vars; the values are listed in docs/operations.md)."
        ) -%}
    {%- endif -%}
{%- endmacro %}
