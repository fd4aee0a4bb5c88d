-- The least that the login of sync needs, in SQL Server. Run by the database's owner, in the database of the orders:
-- before the first migrate, and again after every migrate that made a table (rights on a table can't come before it).
-- Put another schema in the place of dbo where DB_ORDERS_SCHEMA says so, and the login's user in the last line.
if database_principal_id(N'order_sync_push') is null
    create role order_sync_push;

-- Reads the orders' staging, its own tables and the catalogue of the schema. On the schema rather than on tables, for dbt
-- makes the staging tables anew with every build, and rights on a table go with the table.
grant select on schema::dbo to order_sync_push;

-- Writes its own tables, and nothing else.
declare @statements nvarchar(max);
select @statements = coalesce(string_agg(cast(
    concat(N'grant insert, update, delete on object::dbo.', quotename(name), N' to order_sync_push;') as nvarchar(max)
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

-- For migrate only: tables, indexes and one view. Where somebody else runs migrate, give these three to them instead.
-- Who may alter a schema may also drop what stands in it; SQL Server knows no smaller right for this.
grant create table to order_sync_push;
grant create view to order_sync_push;
grant alter on schema::dbo to order_sync_push;

alter role order_sync_push add member [order_sync];
