-- An item without a name is refused by the board; one without a group lands in whatever group stands first there.
-- Archived items keep what the board shows, whatever that is.
select
    ORDER_KEY,
    ITEM_NAME,
    GROUP_NAME,
    BATCH_CUSTOMER
from {{ ref('stg_mon_custmasterschedule') }}
where
    CHANGE_TYPE <> 'ARCHIVE'
    and (
        coalesce({{ trim_text('ORDER_KEY') }}, '') = ''
        or coalesce({{ trim_text('ITEM_NAME') }}, '') = ''
        or coalesce({{ trim_text('GROUP_NAME') }}, '') = ''
        or coalesce({{ trim_text('BATCH_CUSTOMER') }}, '') = ''
    )
