-- A batch that was pushed before, or has an error on record.
select 1 as KNOWN where exists (select 1 from {{ table("MON_BatchProcessing") }} where BATCH_ID = ?)
    or exists (select 1 from {{ table("ERR_MON_CustMasterSchedule") }} where BATCH_ID = ?)
    or exists (select 1 from {{ table("ERR_MON_CustMasterSchedule_Subitems") }} where BATCH_ID = ?)
