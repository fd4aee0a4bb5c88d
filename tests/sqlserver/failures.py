"""Failures of a SQL Server as the drivers tell them: what a push meets when a case says that its database fails."""

from __future__ import annotations

import os

from sync.database import read_profile
from tests.stores import Failure

_TOLD: dict[Failure, tuple[str, int, str]] = {
    "busy": ("40001", 1205, "Transaction (Process ID 52) was deadlocked on lock resources with another process and has"
                            " been chosen as the deadlock victim. Rerun the transaction."),
    "lost": ("08S01", 10054, "TCP Provider: Error code 0x2746"),
    "lost after the commit": ("08S01", 10054, "TCP Provider: Error code 0x2746"),
    "disk full": ("42000", 9002, "The transaction log for database 'orders' is full due to 'LOG_BACKUP'."),
    "read-only": ("25000", 3906, 'Failed to update database "orders" because the database is read-only.'),
    "broken": ("HY000", 823, "The operating system returned error 23 to SQL Server during a read."),
}  # fmt: skip


def failure(kind: Failure) -> Exception:
    """The exception of the driver that the profile names."""
    state, number, words = _TOLD[kind]
    text = f"[Microsoft][ODBC Driver 18 for SQL Server][SQL Server]{words}"
    if read_profile(os.environ | {"DBT_TARGET": "sqlserver"})["backend"] == "pyodbc":
        import pyodbc

        error: Exception = pyodbc.Error(state, f"[{state}] {text} ({number}) (SQLExecDirectW)")
        return error
    from mssql_python.exceptions import DatabaseError, sqlstate_to_exception

    told: Exception = sqlstate_to_exception(state, text) or DatabaseError(f"Unknown error: {state}", text)
    return told
