-- The repair is written.
delete from {{ table("MON_RowClaims") }} where REQUEST_ID = ?
