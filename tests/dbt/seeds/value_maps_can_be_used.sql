-- A blank value would empty the cells that it stands for without a word.
-- Lists the entries.
{{ config(store_failures=true, schema=none, alias='CHECK_value_maps_can_be_used') }}

select
    'value_maps' as SEED,
    concat(COLUMN_NAME, ',', SOURCE_VALUE, ',', BOARD_VALUE) as ENTRY,
    'The board value is blank.' as PROBLEM
from {{ ref('value_maps') }}
where {{ exact('lower(' ~ trim_text('BOARD_VALUE', fold=true) ~ ')') }} in {{ words_for_nothing() }}
