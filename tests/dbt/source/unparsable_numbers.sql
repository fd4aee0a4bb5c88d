-- A price or rate that can't be read leaves an empty cell on the board, and nobody would know why.
-- Lists the rows, with the columns whose text is no number.
{{ config(severity='warn', store_failures=true, schema=none, alias='CHECK_unparsable_numbers') }}

select
    SOURCE_ROW,
    "AAG ORDER NUMBER",
    SOURCE_CUSTOMER,
    UNPARSABLE_NUMBERS
from {{ ref('stg_erp__orders') }}
where UNPARSABLE_NUMBERS is not null
