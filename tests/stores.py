"""Where a project's tables stand, and copies of what stood there. Here: DuckDB files, the engine of ``make test``.

The tests ask for the fixture `engine` and say nothing else of the engine. tests/sqlserver/server.py has the other one.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import duckdb

Row = dict[str, Any]
Failure = Literal["busy", "lost", "lost after the commit", "disk full", "read-only", "broken"]
"""What may happen to a database while it is worked with."""


class Store(Protocol):
    """The tables of one project."""

    def environment(self) -> dict[str, str]:
        """What leads a command to these tables."""

    def orders_table(self) -> AbstractContextManager[tuple[Any, str | None]]:
        """A connection through which `samples` writes ORDERS_UNIFIED, and the table's schema (None: the usual one)."""

    def sql(self, statement: str, params: list[Any]) -> list[Row]:
        """Rows of a query, or nothing of a statement."""

    def rows(self, statements: Sequence[str]) -> list[list[Row]]:
        """Rows of each of these queries."""

    def tables(self) -> list[str]:
        """Names of all tables."""

    def leases_end(self) -> None:
        """As if so much time had passed that no dead run holds rows any more."""

    def failure(self, kind: Failure) -> Exception:
        """The exception of the engine's driver for such a failure, with the words that it has."""

    @property
    def sole_writer(self) -> bool:
        """True where whoever opens the tables knows that no other writer lives, so that no lease must run out."""


class Kept(Protocol):
    """What stood in a project's tables at some moment, to start from as often as one likes."""

    def copy(self, folder: Path) -> Store:
        """Tables that are as they were then; ``folder`` is the new project's."""


class Engine(Protocol):
    """A kind of database to test on. Of what `empty` and `copy` give only the latest may be used."""

    @property
    def dialect(self) -> Literal["duckdb", "sqlserver"]:
        """As `sync` names the engine."""

    @property
    def target(self) -> Path:
        """dbt's target folder: one a session, so that dbt parses once."""

    def empty(self, folder: Path) -> Store:
        """A store without any tables, for a project in this folder."""

    def keep(self, store: Store) -> Kept:
        """Keeps what stands there now; nobody may change the store afterwards."""


@dataclass(frozen=True)
class DuckDBFile:
    """A store that is a file, or keeps one."""

    path: Path
    sole_writer = True

    def environment(self) -> dict[str, str]:
        return {"ORDERS_DUCKDB_PATH": str(self.path)}

    @contextmanager
    def orders_table(self) -> Iterator[tuple[Any, str | None]]:
        with duckdb.connect(str(self.path)) as connection:
            yield connection, None

    def sql(self, statement: str, params: list[Any]) -> list[Row]:
        with duckdb.connect(str(self.path)) as connection:
            return _rows(connection.execute(statement, params))

    def rows(self, statements: Sequence[str]) -> list[list[Row]]:
        with duckdb.connect(str(self.path)) as connection:
            return [_rows(connection.execute(statement)) for statement in statements]

    def tables(self) -> list[str]:
        query = "select table_name as n from information_schema.tables where table_type = 'BASE TABLE' order by 1"
        return [row["n"] for row in self.sql(query, [])]

    def leases_end(self) -> None:
        """Nothing to do: whoever opens the file knows that no other writer lives."""

    def failure(self, kind: Failure) -> Exception:
        match kind:
            case "busy":
                return duckdb.TransactionException("TransactionContext Error: Conflict on update!")
            case "lost" | "lost after the commit":
                return duckdb.IOException("IO Error: Could not write file: Input/output error")
            case "disk full":
                return duckdb.IOException("IO Error: Could not write file: No space left on device")
            case "read-only":
                return duckdb.InvalidInputException(
                    "Cannot execute statement: the database is attached in read-only mode!"
                )
            case "broken":
                return duckdb.FatalException(
                    "FATAL Error: database has been invalidated because of a previous fatal error"
                )

    def copy(self, folder: Path) -> DuckDBFile:
        """A copy of the file in this folder."""
        copied = in_folder(folder)
        shutil.copyfile(self.path, copied.path)
        return copied


def _rows(cursor: Any) -> list[Row]:
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def in_folder(folder: Path) -> DuckDBFile:
    """The file of a project in this folder."""
    return DuckDBFile(folder / "orders.duckdb")


@dataclass(frozen=True)
class Files:
    """The engine of DuckDB files."""

    target: Path
    dialect: Literal["duckdb"] = "duckdb"

    def empty(self, folder: Path) -> Store:
        return in_folder(folder)

    def keep(self, store: Store) -> Kept:
        assert isinstance(store, DuckDBFile)
        return store
