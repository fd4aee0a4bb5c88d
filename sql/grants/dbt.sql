-- The least that dbt's login needs, in SQL Server. Run by the database's owner, in the database of the orders: before
-- the first build, and again after every migrate that made a table (a refusal on a table can't come before it).
-- Put another schema in the place of dbo where DB_ORDERS_SCHEMA says so, and the login's user in the last line.
if database_principal_id(N'order_sync_build') is null
    create role order_sync_build;

-- Where DB_ORDERS_SOURCE_SCHEMA names another schema of the orders, grant select on that one besides, and leave the
-- first refusal below out.
-- Reads the orders and what is confirmed; makes, fills, renames and drops its own tables and views.
grant select, insert, update on schema::dbo to order_sync_build;
grant alter on schema::dbo to order_sync_build;
grant create table to order_sync_build;
grant create view to order_sync_build;

-- Writes nothing that isn't its own: not the orders, and not the tables that hold Monday's ids.
deny insert, update, delete, alter on object::dbo.ORDERS_UNIFIED to order_sync_build;
declare @statements nvarchar(max);
select @statements = coalesce(string_agg(cast(
    concat(N'deny insert, update, delete, alter on object::dbo.', quotename(name), N' to order_sync_build;') as nvarchar(max)
), N' '), N'')
from sys.tables
where
    schema_id = schema_id(N'dbo')
    and name in (
        N'ERR_MON_CustMasterSchedule', N'ERR_MON_CustMasterSchedule_Subitems', N'MON_ApiRequestRows',
        N'MON_ApiRequests', N'MON_BatchProcessing', N'MON_BoardColumns', N'MON_BoardGroups', N'MON_BoardItems',
        N'MON_BoardPulls', N'MON_BoardSubitems', N'MON_CustMasterSchedule', N'MON_CustMasterSchedule_Subitems',
        N'MON_Migrations', N'MON_RowClaims'
    );
exec sp_executesql @statements;

alter role order_sync_build add member [order_dbt];
