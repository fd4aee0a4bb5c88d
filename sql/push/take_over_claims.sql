-- The claims follow their request.
update {{ table("MON_RowClaims") }} set WORKER = ?, LEASE_UNTIL = ? where REQUEST_ID = ?
