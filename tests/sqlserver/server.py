"""A project on a SQL Server: a schema of its own, and the same commands and questions as on DuckDB."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sync.database import Database, connect
from sync.database.drivers import open_driver
from sync.database.profile import read_profile
from sync.statements import quoted
from tests.support import Project, Row

LEFT_OUT = "DB_ORDERS_HOST names no SQL Server"
_TABLE = re.compile(
    r'(?<![\w".])"?'
    r"((?:STG_MON|ERR_MON|VW_MON|MON)_[A-Za-z_]+|ORDERS_UNIFIED|stg_erp__orders|int_[a-z_]+)"
    r'"?(?![\w"])'
)
_LIMIT = re.compile(r"\blimit (\d+)\s*$", re.IGNORECASE)


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
    """A statement of the tests in T-SQL: our tables in our schema, FETCH for LIMIT, SELECT before a bare FROM."""
    text = _TABLE.sub(lambda match: f"{quoted(schema)}.{quoted(match[1])}", statement)
    text = re.sub(r"^\s*from\b", "select * from", text, flags=re.IGNORECASE)
    return _LIMIT.sub(r"offset 0 rows fetch next \1 rows only", text)


@dataclass
class ServerProject(Project):
    """A project whose orders and tables stand in a schema of the server."""

    schema: str = "dbo"

    def environment(self) -> dict[str, str]:
        return super().environment() | server_environment(self.schema) | self.env

    @contextmanager
    def orders_table(self) -> Iterator[tuple[Any, str | None]]:
        connection = raw_connection(self.schema)
        try:
            yield connection, self.schema
        finally:
            connection.close()

    def sql(self, statement: str, params: list[Any] | None = None) -> list[Row]:
        text = translated(statement, self.schema)
        with database(self.schema) as opened:
            if re.match(r"\s*(select|with)\b", text, re.IGNORECASE):
                return opened.query(text, params or [])
            opened.execute(text, params or [])
            return []

    def tables(self) -> list[str]:
        """Names of the tables in the schema."""
        with database(self.schema) as opened:
            rows = opened.query(
                "select TABLE_NAME from INFORMATION_SCHEMA.TABLES where TABLE_SCHEMA = ? and TABLE_TYPE = 'BASE TABLE'",
                [self.schema],
            )
        return sorted(str(row["TABLE_NAME"]) for row in rows)

    def leases_end(self) -> None:
        for table in ("MON_ApiRequests", "MON_RowClaims", "MON_BatchProcessing"):
            self.sql(f"update {table} set LEASE_UNTIL = '2000-01-01' where LEASE_UNTIL is not null")

    def take(self, other: ServerProject, tables: Iterable[str]) -> None:
        """Copies tables that aren't here yet, rows and columns, from another schema."""
        with database(self.schema) as opened:
            for name in tables:
                opened.execute(
                    f"select * into {quoted(self.schema)}.{quoted(name)} from {quoted(other.schema)}.{quoted(name)}"
                )

    def create(self) -> None:
        """Makes the schema."""
        with database("dbo") as opened:
            opened.execute(f"create schema {self.schema}")

    def drop(self) -> None:
        """Drops the schema with everything in it."""
        with database("dbo") as opened:
            rows = opened.query(
                "select TABLE_NAME, TABLE_TYPE from INFORMATION_SCHEMA.TABLES where TABLE_SCHEMA = ?", [self.schema]
            )
            for row in sorted(rows, key=lambda row: row["TABLE_TYPE"] != "VIEW"):
                kind = "view" if row["TABLE_TYPE"] == "VIEW" else "table"
                opened.execute(f"drop {kind} if exists {quoted(self.schema)}.{quoted(row['TABLE_NAME'])}")
            opened.execute(f"drop schema {self.schema}")


@contextmanager
def own_schema(folder: Path, target: Path, env: Mapping[str, str] | None = None) -> Iterator[ServerProject]:
    """A project in a schema of its own, dropped at the end."""
    project = ServerProject(folder, target, dict(env or {}), schema=f"t_{uuid.uuid4().hex[:12]}")
    project.create()
    try:
        yield project
    finally:
        project.drop()
