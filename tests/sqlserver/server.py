"""Tables on a SQL Server: a schema for each project, and the same commands and questions as on DuckDB."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from samples import write_rows
from sync.database import Database, connect, read_profile
from sync.database.sqlserver import open_driver
from sync.migrate import migrate
from sync.session import quoted
from tests.sqlserver.failures import failure
from tests.stores import Failure, Kept, Row, Store
from tests.support import Project

LEFT_OUT = "DB_ORDERS_HOST names no SQL Server"
_TABLE = re.compile(
    r'(?<![\w".])"?'
    r"((?:STG_MON|ERR_MON|VW_MON|MON)_[A-Za-z_]+|ORDERS_UNIFIED|stg_erp__orders|int_[a-z_]+)"
    r'"?(?![\w"])'
)
_QUOTED = re.compile(r'(\bfrom )("[^"]+")(?!\.)', re.IGNORECASE)
_LIMIT = re.compile(r"\blimit (\d+)\s*$", re.IGNORECASE)
_RENAME = re.compile(r'alter table (\S+) rename (?:column )?("[^"]+") to "([^"]+)"')


def server_environment(schema: str) -> dict[str, str]:
    """What leads a command to the server and this schema."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("DB_ORDERS_", "DBT_ENV_SECRET_ORDERS", "ODBC"))
    }
    return kept | {"DBT_TARGET": "sqlserver", "DB_ORDERS_SCHEMA": schema, "DBT_THREADS": "2"}


def raw_connection(schema: str = "dbo") -> Any:
    """A DB-API connection with transactions, as `samples` wants one."""
    connection = open_driver(read_profile(os.environ | server_environment(schema))).connect(15)
    connection.autocommit = False
    return connection


@contextmanager
def database(schema: str) -> Iterator[Database]:
    """The connection that `sync` would open."""
    opened = connect(os.environ | server_environment(schema))
    try:
        yield opened
    finally:
        opened.close()


def translated(statement: str, schema: str) -> str:
    """A statement of the tests in T-SQL: our tables in our schema, and what it has other words for."""
    text = _QUOTED.sub(lambda match: f"{match[1]}{quoted(schema)}.{match[2]}", statement)
    text = _TABLE.sub(lambda match: f"{quoted(schema)}.{quoted(match[1])}", text)
    text = re.sub(r"^\s*from\b", "select * from", text, flags=re.IGNORECASE)
    text = _RENAME.sub(r"exec sp_rename N'\1.\2', N'\3', N'COLUMN'", text)
    return _LIMIT.sub(r"offset 0 rows fetch next \1 rows only", text)


@dataclass(frozen=True)
class Schema:
    """A store that is a schema of the server."""

    name: str
    sole_writer = False

    def environment(self) -> dict[str, str]:
        return server_environment(self.name)

    @contextmanager
    def orders_table(self) -> Iterator[tuple[Any, str | None]]:
        connection = raw_connection(self.name)
        try:
            yield connection, self.name
        finally:
            connection.close()

    def sql(self, statement: str, params: list[Any]) -> list[Row]:
        text = translated(statement, self.name)
        with database(self.name) as opened:
            if re.match(r"\s*(select|with)\b", text, re.IGNORECASE):
                return opened.query(text, params)
            opened.execute(text, params)
            return []

    def rows(self, statements: Sequence[str]) -> list[list[Row]]:
        return [self.sql(statement, []) for statement in statements]

    def tables(self) -> list[str]:
        return self._names("U")

    def leases_end(self) -> None:
        for table in ("MON_ApiRequests", "MON_RowClaims", "MON_BatchProcessing"):
            self.sql(f"update {table} set LEASE_UNTIL = '2000-01-01' where LEASE_UNTIL is not null", [])

    def failure(self, kind: Failure) -> Exception:
        return failure(kind)

    def _names(self, kind: Literal["U", "V"]) -> list[str]:
        """Names of its tables or of its views."""
        with database(self.name) as opened:
            rows = opened.query(
                "select name from sys.objects where schema_id = schema_id(?) and type = ?", [self.name, kind]
            )
        return sorted(str(row["name"]) for row in rows)

    def create(self) -> None:
        """Makes the schema."""
        with database("dbo") as opened:
            opened.execute(f"create schema {self.name}")

    def clear(self) -> None:
        """Drops everything in it, views first."""
        with database("dbo") as opened:
            for word, names in (("view", self._names("V")), ("table", self._names("U"))):
                for name in names:
                    opened.execute(f"drop {word} if exists {quoted(self.name)}.{quoted(name)}")

    def drop(self) -> None:
        """Drops the schema with everything in it."""
        self.clear()
        with database("dbo") as opened:
            opened.execute(f"drop schema {self.name}")


def new_schema() -> Schema:
    """An empty schema under a name that nobody has."""
    schema = Schema(f"t_{uuid.uuid4().hex[:12]}")
    schema.create()
    return schema


@contextmanager
def own_schema(folder: Path, target: Path, env: Mapping[str, str] | None = None) -> Iterator[Project]:
    """A project in a schema of its own, dropped at the end."""
    schema = new_schema()
    try:
        yield Project(folder, target, dict(env or {}), place=schema)
    finally:
        schema.drop()


_KEPT = ("MON_", "ERR_MON_", "STG_MON_", "ORDERS_UNIFIED")
"""Beginnings of the names of the tables that a state consists of; the others are made anew by each build."""


@dataclass(frozen=True)
class KeptSchema:
    """Keeps tables in a schema that nobody works in; a copy is brought into the working schema."""

    kept: Schema
    work: Schema

    def copy(self, folder: Path) -> Store:
        """The working schema, with these tables in it; nothing stands in the folder."""
        _migrated(self.work, [name for name in self.kept.tables() if name.startswith(_MIGRATED)])
        copy_tables(self.kept, self.work)
        return self.work


_MIGRATED = ("MON_", "ERR_MON_")
"""Beginnings of the names of the tables that `migrate` makes, with keys and indexes that a copy wouldn't have."""


def _migrated(schema: Schema, wanted: list[str]) -> None:
    """Brings a schema to where it has these tables of `migrate`: what stands there may stay, if they all do."""
    if not set(wanted) <= set(schema.tables()):
        schema.clear()
        migrate(os.environ | schema.environment())


def copy_tables(source: Schema, target: Schema) -> None:
    """Makes the tables of a state in one schema those of another, and drops those that the state hasn't got.

    A table keeps its keys and indexes where it is there; ORDERS_UNIFIED, to which tests add columns, is made anew
    (not by SELECT INTO, which may fold the capitals of its names).
    """
    names = [name for name in source.tables() if name.startswith(_KEPT)]
    there = set(target.tables())
    if "ORDERS_UNIFIED" in names:
        with target.orders_table() as (connection, schema):
            write_rows(connection, [], schema=schema)
        there.add("ORDERS_UNIFIED")
    with database(target.name) as opened:
        for name in names:
            here, other = (f"{quoted(schema.name)}.{quoted(name)}" for schema in (target, source))
            if name in there:
                opened.execute(f"delete from {here}")
                opened.execute(f"insert into {here} select * from {other}")
            else:
                opened.execute(f"select * into {here} from {other}")
        for name in sorted(there - set(names)):
            if name.startswith(_KEPT):
                opened.execute(f"drop table {quoted(target.name)}.{quoted(name)}")


@dataclass
class Server:
    """The engine of a SQL Server. All projects work in one schema, one after the other: dbt's manifest names it."""

    target: Path
    work: Schema = field(default_factory=new_schema)
    dialect: Literal["sqlserver"] = "sqlserver"
    _kept: list[Schema] = field(default_factory=list)

    def empty(self, folder: Path) -> Store:
        self.work.clear()
        return self.work

    def keep(self, store: Store) -> Kept:
        assert store is self.work
        self._kept.append(new_schema())
        copy_tables(self.work, self._kept[-1])
        return KeptSchema(self._kept[-1], self.work)

    def close(self) -> None:
        """Drops the schemas."""
        for schema in (*self._kept, self.work):
            schema.drop()
