-- The least that the login of sync needs, in SQL Server. Run by the database's owner, in the database of the orders:
-- before the first migrate, and again after every migrate that made a table (rights on a table can't come before it).
-- Put another schema in the place of dbo where DB_ORDERS_SCHEMA says so, and the login's user in the last line.
if database_principal_id(N'order_sync_push') is null
    create role order_sync_push;

-- Reads the orders' staging, its own tables and the catalogue of the schema. On the schema rather than on tables, for dbt
-- makes the staging tables anew with every build, and rights on a table go with the table.
grant select on schema::dbo to order_sync_push;

-- Writes its own tables, and nothing else.
if object_id(N'dbo.ERR_MON_CustMasterSchedule') is not null
    grant insert, update, delete on object::dbo.ERR_MON_CustMasterSchedule to order_sync_push;
if object_id(N'dbo.ERR_MON_CustMasterSchedule_Subitems') is not null
    grant insert, update, delete on object::dbo.ERR_MON_CustMasterSchedule_Subitems to order_sync_push;
if object_id(N'dbo.MON_ApiRequestRows') is not null
    grant insert, update, delete on object::dbo.MON_ApiRequestRows to order_sync_push;
if object_id(N'dbo.MON_ApiRequests') is not null
    grant insert, update, delete on object::dbo.MON_ApiRequests to order_sync_push;
if object_id(N'dbo.MON_BatchProcessing') is not null
    grant insert, update, delete on object::dbo.MON_BatchProcessing to order_sync_push;
if object_id(N'dbo.MON_BoardColumns') is not null
    grant insert, update, delete on object::dbo.MON_BoardColumns to order_sync_push;
if object_id(N'dbo.MON_BoardGroups') is not null
    grant insert, update, delete on object::dbo.MON_BoardGroups to order_sync_push;
if object_id(N'dbo.MON_BoardItems') is not null
    grant insert, update, delete on object::dbo.MON_BoardItems to order_sync_push;
if object_id(N'dbo.MON_BoardPulls') is not null
    grant insert, update, delete on object::dbo.MON_BoardPulls to order_sync_push;
if object_id(N'dbo.MON_BoardSubitems') is not null
    grant insert, update, delete on object::dbo.MON_BoardSubitems to order_sync_push;
if object_id(N'dbo.MON_CustMasterSchedule') is not null
    grant insert, update, delete on object::dbo.MON_CustMasterSchedule to order_sync_push;
if object_id(N'dbo.MON_CustMasterSchedule_Subitems') is not null
    grant insert, update, delete on object::dbo.MON_CustMasterSchedule_Subitems to order_sync_push;
if object_id(N'dbo.MON_Migrations') is not null
    grant insert, update, delete on object::dbo.MON_Migrations to order_sync_push;
if object_id(N'dbo.MON_RowClaims') is not null
    grant insert, update, delete on object::dbo.MON_RowClaims to order_sync_push;

-- For migrate only: tables, indexes and one view. Where somebody else runs migrate, give these three to them instead.
-- Who may alter a schema may also drop what stands in it; SQL Server knows no smaller right for this.
grant create table to order_sync_push;
grant create view to order_sync_push;
grant alter on schema::dbo to order_sync_push;

alter role order_sync_push add member [order_sync];
