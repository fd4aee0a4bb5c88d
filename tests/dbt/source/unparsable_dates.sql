-- A date that can't be read leaves an empty cell on the board, and nobody would know why.
-- Lists the rows, with the columns whose text is no date.
{{ config(severity='warn', store_failures=true, schema=none, alias='CHECK_unparsable_dates') }}

select
    SOURCE_ROW,
    "AAG ORDER NUMBER",
    SOURCE_CUSTOMER,
    UNPARSABLE_DATES
from {{ ref('stg_erp__orders') }}
where UNPARSABLE_DATES is not null
