-- The labels of sizes in a table, blanks at their ends told apart.
select distinct SIZE_LABEL as LABEL, {{ "octet_length(encode(SIZE_LABEL))" if duckdb else "datalength(SIZE_LABEL)" }} as SPACE
from {{ target }}
where SIZE_LABEL is not null
order by 1, 2
