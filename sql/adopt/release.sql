-- Gives the claims up, in the transaction that took them.
delete from {{ table("MON_RowClaims") }} where REQUEST_ID = ?
