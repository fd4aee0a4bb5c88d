{% from "_errors.sql" import table_of_errors %}
{{ table_of_errors(target, name, sized=true) }}
