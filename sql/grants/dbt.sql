-- The least that dbt's login needs, in SQL Server. Run by the database's owner, in the database of the orders: before the
-- first build, and again after every migrate that made a table (a refusal on a table can't come before it).
-- Put another schema in the place of dbo where DB_ORDERS_SCHEMA says so, and the login's user in the last line.
if database_principal_id(N'order_sync_build') is null
    create role order_sync_build;

-- Where DB_ORDERS_SOURCE_SCHEMA names another schema of the orders, grant select on that one besides, and leave the first
-- refusal below out.
-- Reads the orders and what is confirmed; makes, fills, renames and drops its own tables and views.
grant select, insert, update on schema::dbo to order_sync_build;
grant alter on schema::dbo to order_sync_build;
grant create table to order_sync_build;
grant create view to order_sync_build;

-- Writes nothing that isn't its own: not the orders, and not the tables that hold Monday's ids.
deny insert, update, delete, alter on object::dbo.ORDERS_UNIFIED to order_sync_build;
if object_id(N'dbo.ERR_MON_CustMasterSchedule') is not null
    deny insert, update, delete, alter on object::dbo.ERR_MON_CustMasterSchedule to order_sync_build;
if object_id(N'dbo.ERR_MON_CustMasterSchedule_Subitems') is not null
    deny insert, update, delete, alter on object::dbo.ERR_MON_CustMasterSchedule_Subitems to order_sync_build;
if object_id(N'dbo.MON_ApiRequestRows') is not null
    deny insert, update, delete, alter on object::dbo.MON_ApiRequestRows to order_sync_build;
if object_id(N'dbo.MON_ApiRequests') is not null
    deny insert, update, delete, alter on object::dbo.MON_ApiRequests to order_sync_build;
if object_id(N'dbo.MON_BatchProcessing') is not null
    deny insert, update, delete, alter on object::dbo.MON_BatchProcessing to order_sync_build;
if object_id(N'dbo.MON_BoardColumns') is not null
    deny insert, update, delete, alter on object::dbo.MON_BoardColumns to order_sync_build;
if object_id(N'dbo.MON_BoardGroups') is not null
    deny insert, update, delete, alter on object::dbo.MON_BoardGroups to order_sync_build;
if object_id(N'dbo.MON_BoardItems') is not null
    deny insert, update, delete, alter on object::dbo.MON_BoardItems to order_sync_build;
if object_id(N'dbo.MON_BoardPulls') is not null
    deny insert, update, delete, alter on object::dbo.MON_BoardPulls to order_sync_build;
if object_id(N'dbo.MON_BoardSubitems') is not null
    deny insert, update, delete, alter on object::dbo.MON_BoardSubitems to order_sync_build;
if object_id(N'dbo.MON_CustMasterSchedule') is not null
    deny insert, update, delete, alter on object::dbo.MON_CustMasterSchedule to order_sync_build;
if object_id(N'dbo.MON_CustMasterSchedule_Subitems') is not null
    deny insert, update, delete, alter on object::dbo.MON_CustMasterSchedule_Subitems to order_sync_build;
if object_id(N'dbo.MON_Migrations') is not null
    deny insert, update, delete, alter on object::dbo.MON_Migrations to order_sync_build;
if object_id(N'dbo.MON_RowClaims') is not null
    deny insert, update, delete, alter on object::dbo.MON_RowClaims to order_sync_build;

alter role order_sync_build add member [order_dbt];
