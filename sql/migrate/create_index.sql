-- An index beside the primary key. DuckDB's unique indexes admit any number of nulls; SQL Server's need a filter for it.
create {{ "unique " if unique }}index {{ name }} on {{ target }} ({{ columns | join(", ") }})
{% if unique and not duckdb %}
where {% for column in columns %}{{ column }} is not null{{ " and " if not loop.last }}{% endfor %}

{% endif %}
