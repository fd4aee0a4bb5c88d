"""Open a DuckDB file: one writing process at a time."""

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from sync.database import Database, Meaning, Row, rows_of
from sync.errors import DatabaseError, DatabaseLocked

# The memory is enough for any statement here, and no more with more rows; handing each of many small ones to several
# threads costs more.
SETTINGS = "set timezone = 'UTC'; set preserve_insertion_order = false; set memory_limit = '256MB'; set threads = 1"
COPIES = 3  # times that a copy of a file in use is tried
# How DuckDB begins to say that a process holds the file; that a file system can't lock has another end.
_LOCKED = re.compile(r"IO Error: Could not set lock on file .*lock is ", re.IGNORECASE | re.DOTALL)
_HOLDER = re.compile(r"held in (?P<program>\S+)[^()]*\(PID (?P<pid>\d+)\)")
_REASONS = {
    "No space left on device|not enough space on the disk|max_temp_directory_size": "has no room left on its disk;"
    " make room there, and run the command again: nothing is lost, and no backup is needed",
    "version number": f"was written by a version of DuckDB that {duckdb.__version__} can't read; use the version that"
    " wrote it, or take the data over with its EXPORT DATABASE",
    "WAL (checkpoint iteration )?does not match": "has a .wal beside it that belongs to another file; put back that of"
    " the same backup, or move it away",
    "Corrupt database file|Could not read enough bytes|Serialization Error|replaying WAL": "is damaged; restore the"
    " file and its .wal from a backup, then run `dbt build` and `python -m sync board adopt` before the next push",
}
"""Why a file can't be opened or read, and what to do, by what DuckDB says."""
_MEANINGS: dict[type[duckdb.Error], Meaning] = {
    duckdb.ConstraintException: "duplicate",
    duckdb.TransactionException: "transient",
    duckdb.IOException: "transient",
    duckdb.Error: "other",
}


class DuckDBDatabase(Database):
    """A connection to a DuckDB file; the file's lock makes it the only writer."""

    dialect = "duckdb"
    undo = "rollback"
    sole_writer = True

    def __init__(
        self, profile: Mapping[str, Any], *, create: bool, read_only: bool, copy: bool = False, orders: str = ""
    ) -> None:
        self._path = Path(str(profile.get("path", "orders.duckdb"))).absolute()
        self.schema = str(profile.get("schema") or "main")
        self._read_only = read_only
        self._folder: TemporaryDirectory[str] | None = None
        try:
            if reason := _unfit(self._path, create=create, read_only=read_only):
                raise DatabaseError(f"The database file {self._path} {reason}.")
        except OSError as error:  # a name that is too long to ask for
            raise DatabaseError(
                f"The database file can't be looked for ({error.strerror}); correct ORDERS_DUCKDB_PATH."
            ) from None
        try:
            self._connection = self._open(self._path)
        except DatabaseLocked as locked:
            if not copy or (found := self._open_copy()) is None:
                raise
            self._connection = found
            self.copied = f"{str(locked).partition(';')[0]}; this was read from a copy of it."
        # As dbt does; a view that reads the orders names what it lacks where that can't be.
        with suppress(duckdb.Error, OSError):
            if copy and Path(orders).is_file():
                self._connection.execute(
                    "attach if not exists '{}' as orders_source (read_only)".format(orders.replace("'", "''"))
                )

    def _open_copy(self) -> duckdb.DuckDBPyConnection | None:
        """Open a copy of the file and its log, as a crash of their holder would leave them; None: it can't be.

        The file changes only where DuckDB takes the log into it. Where that happened meanwhile, the copy is made anew.
        """
        for _ in range(COPIES):
            self._folder = TemporaryDirectory(prefix="order-sync-")
            copy = Path(self._folder.name, self._path.name)
            with suppress(OSError, DatabaseError):  # torn in two by a writer, or no room for it
                before = self._path.stat()
                for end in ("", ".wal"):
                    with suppress(FileNotFoundError):  # there is no log while all of it is in the file
                        shutil.copyfile(f"{self._path}{end}", f"{copy}{end}")
                after = self._path.stat()
                if (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size):
                    return self._open(copy)
            self._folder.cleanup()
        return None

    def _open(self, path: Path) -> duckdb.DuckDBPyConnection:
        try:
            connection = duckdb.connect(str(path), read_only=self._read_only)
        except duckdb.Error as error:
            if not _LOCKED.match(str(error)):
                raise DatabaseError(self._problem(error)) from None
            holder = _HOLDER.search(str(error))
            who = f"process {holder['pid']} ({Path(holder['program']).name})" if holder else "another process"
            raise DatabaseLocked(
                f"The database file {self._path} is held by {who}; wait until it has finished (`push`, `pull` and"
                " `audit` do with --wait)."
            ) from None
        connection.execute(SETTINGS)
        return connection

    def _problem(self, error: BaseException) -> str:
        text = str(error) or "no reason given"
        line = f"{type(error).__name__}: {text.splitlines()[0][:200]}"
        other = f"can't be opened ({line}); check that you may read and write it"
        reason = next((words for pattern, words in _REASONS.items() if re.search(pattern, text)), other)
        return f"The database file {self._path} {reason}."

    def execute(self, sql: str, params: Sequence[Any] = ()) -> int:
        result = self._connection.execute(sql, list(params)).fetchone()
        return int(result[0]) if result and isinstance(result[0], int) else -1

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        return rows_of(self._connection.execute(sql, list(params)))

    def reconnect(self) -> None:
        self.close()
        self._connection = self._open(self._path)

    def close(self) -> None:
        self._connection.close()
        if self._folder is not None:
            self._folder.cleanup()

    def meaning(self, error: BaseException) -> Meaning | None:
        return next((meaning for kind, meaning in _MEANINGS.items() if isinstance(error, kind)), None)

    def sentence(self, error: BaseException) -> str:
        return self._problem(error) if re.search("|".join(_REASONS), str(error)) else super().sentence(error)


def _unfit(path: Path, *, create: bool, read_only: bool) -> str | None:
    """Say why the file shouldn't be opened, and what to do; None where it may be.

    It is asked before DuckDB is, which makes a file where none is, and takes one of another program for a question to
    the network.
    """
    exists, size, mark = path.exists(), 0, b""
    with suppress(OSError):  # the rights are asked for below
        if size := path.stat().st_size:
            with path.open("rb") as file:
                mark = file.read(12)[8:]  # of every DuckDB file: DUCK
    reasons = (
        (path.is_dir(), "is a folder; set ORDERS_DUCKDB_PATH to the file itself"),
        (
            not path.parent.is_dir(),
            "can't be there, for its folder does not exist; correct ORDERS_DUCKDB_PATH, or create the folder",
        ),
        (
            not exists and not create,
            "does not exist; check ORDERS_DUCKDB_PATH, or make the file with `python -m sync migrate`",
        ),
        (
            exists and not os.access(path, os.R_OK if read_only else os.R_OK | os.W_OK),
            "may not be read and written by this user; correct its rights, or run as its owner",
        ),
        (exists and not size, "is empty; delete it, or restore a backup of it"),
        (
            exists and mark != b"DUCK",
            f"is no DuckDB file ({size:,} bytes of something else); check ORDERS_DUCKDB_PATH, or restore a backup",
        ),
        (
            not read_only and not os.access(path.parent, os.W_OK),
            "stands in a folder that this user may not write, and DuckDB keeps its log there; correct its rights",
        ),
    )
    return next((reason for applies, reason in reasons if applies), None)
