"""DuckDB: one file, one writing process at a time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from sync.database.base import Database, Row
from sync.errors import DatabaseError, DatabaseLocked

MEMORY = "256MB"
"""What DuckDB keeps of the file in memory: enough for any statement here, and no more with more rows."""
_HOLDER = re.compile(r"held in (?P<program>\S+)[^()]*\(PID (?P<pid>\d+)\)")


class DuckDBDatabase(Database):
    """A connection to a DuckDB file; the file's lock makes it the only writer."""

    dialect = "duckdb"
    sole_writer = True

    def __init__(self, profile: Mapping[str, Any], *, create: bool, read_only: bool) -> None:
        self._path = Path(str(profile.get("path", "orders.duckdb")))
        self.schema = str(profile.get("schema") or "main")
        self._read_only = read_only
        if not create and not self._path.is_file():
            raise DatabaseError(
                f"The database file {self._path.name} does not exist; set ORDERS_DUCKDB_PATH to the file that holds"
                " ORDERS_UNIFIED, or load the orders first."
            )
        if not self._path.parent.is_dir():
            raise DatabaseError(
                f"The folder of the database file {self._path.name} does not exist; create it or correct"
                " ORDERS_DUCKDB_PATH."
            )
        self._connection = self._open()

    def _open(self) -> duckdb.DuckDBPyConnection:
        try:
            connection = duckdb.connect(str(self._path), read_only=self._read_only)
        except duckdb.Error as error:
            text = str(error)
            if "lock" in text.lower():
                holder = _HOLDER.search(text)
                who = f"process {holder['pid']} ({Path(holder['program']).name})" if holder else "another process"
                raise DatabaseLocked(
                    f"The database file {self._path.name} is held by {who}; wait until it has finished (`push --wait`"
                    " does that)."
                ) from None
            raise DatabaseError(
                f"The database file {self._path.name} can't be opened ({type(error).__name__}); check that it is a"
                " DuckDB file of this version and that you may read and write it."
            ) from None
        connection.execute("set timezone = 'UTC'")
        connection.execute("set preserve_insertion_order = false")
        connection.execute(f"set memory_limit = '{MEMORY}'")
        connection.execute("set threads = 1")  # many small statements: handing each to several threads costs more
        return connection

    def execute(self, sql: str, params: Sequence[Any] = ()) -> int:
        result = self._connection.execute(sql, list(params)).fetchone()
        return int(result[0]) if result and isinstance(result[0], int) else -1

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        cursor = self._connection.execute(sql, list(params))
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def begin(self) -> None:
        self._connection.execute("begin transaction")

    def commit(self) -> None:
        self._connection.execute("commit")

    def rollback(self) -> None:
        try:
            self._connection.execute("rollback")
        except duckdb.Error:
            pass  # a failed transaction may be closed already; the error that brought us here matters more

    def reconnect(self) -> None:
        self.close()
        self._connection = self._open()

    def is_transient(self, error: BaseException) -> bool:
        return isinstance(error, duckdb.TransactionException | duckdb.IOException)

    def is_duplicate(self, error: BaseException) -> bool:
        return isinstance(error, duckdb.ConstraintException)

    def close(self) -> None:
        self._connection.close()
