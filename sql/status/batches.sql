-- Batches that run, or ended within 24 hours, newest first.
select * from {{ table("VW_MON_ActiveBatches") }} order by START_TIME desc, BATCH_ID
