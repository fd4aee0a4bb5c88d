-- Notes what was changed.
insert into {{ table("MON_Migrations") }} (APPLIED_AT, VERSION, CHANGES) values (?, ?, ?)
