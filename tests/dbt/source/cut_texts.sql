-- The board takes 2,000 characters of a long text: what stands behind them would be missed there without a word.
-- Lists the rows, with the columns that were cut.
{{ config(severity='warn', store_failures=true, schema=none, alias='CHECK_cut_texts') }}

select
    SOURCE_ROW,
    "AAG ORDER NUMBER",
    SOURCE_CUSTOMER,
    CUT_TEXTS
from {{ ref('stg_erp__orders') }}
where CUT_TEXTS is not null
