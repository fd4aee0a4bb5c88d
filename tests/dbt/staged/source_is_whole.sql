-- A load that brought nothing, or a part, is not to look like a good one: without rows the build fails, and it warns
-- where the source has fallen by more than max_removal_percent since the build before.
{{ config(fail_calc='coalesce(max(GRAVITY), 0)', warn_if='>= 1', error_if='>= 2') }}

select
    SOURCE_ROWS,
    PREVIOUS_SOURCE_ROWS,
    case when SOURCE_ROWS = 0 then 2 else 1 end as GRAVITY
from {{ ref('stg_mon_build') }}
where
    SOURCE_ROWS = 0
    or (PREVIOUS_SOURCE_ROWS - SOURCE_ROWS) * 100.0 > PREVIOUS_SOURCE_ROWS * {{ var('max_removal_percent') }}
