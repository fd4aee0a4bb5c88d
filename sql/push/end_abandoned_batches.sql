-- Batches of dead runs end: no status leaves them looking active.
update {{ table("MON_BatchProcessing") }}
set STATUS = case when ITEMS_SUCCEEDED + SUBITEMS_SUCCEEDED >= 0.8 * (ITEMS_PLANNED + SUBITEMS_PLANNED) then 'COMPLETED_WITH_ERRORS' else 'FAILED' end,
    FINISHED_AT = ?,
    ERROR_SUMMARY = 'The run that worked on this batch ended without a word; its rows are taken up again by the next push.'
where FINISHED_AT is null and RUN_ID <> ?{% if not sole_writer %} and LEASE_UNTIL < ?{% endif %}

