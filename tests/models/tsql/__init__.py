"""What SQL Server 2017 lacks and a linter lets through, found in compiled SQL without a server."""
