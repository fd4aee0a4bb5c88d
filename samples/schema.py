"""The columns of `ORDERS_UNIFIED`: names, types and order, read from `data/orders_unified.csv`, and its DDL."""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

TABLE = "ORDERS_UNIFIED"
FIRST_MARKER = "UNIT OF MEASURE"
LAST_MARKER = "TOTAL QTY"

Dialect = Literal["duckdb", "sqlserver"]
Value = str | int | dt.date | None
Row = list[Value]
"""One row, one value per column in table order. `record_uuid` is its text form."""

_DUCKDB_TYPES = {
    "NVARCHAR(MAX)": "VARCHAR",
    "UNIQUEIDENTIFIER": "UUID",
    "DATE": "DATE",
    "INT": "INTEGER",
}


@dataclass(frozen=True)
class Column:
    """A column of the source table: its exact name and its SQL Server type."""

    name: str
    sql_type: str


@cache
def columns() -> tuple[Column, ...]:
    """All 268 columns in table order."""
    text = resources.files("samples").joinpath("data/orders_unified.csv").read_text(encoding="utf-8")
    return tuple(Column(record["column_name"], record["sql_type"]) for record in csv.DictReader(text.splitlines()))


@cache
def positions() -> dict[str, int]:
    """Column name -> its place in a `Row`."""
    return {column.name: place for place, column in enumerate(columns())}


@cache
def size_columns() -> tuple[str, ...]:
    """The INT columns that stand between the two markers, in table order."""
    place = positions()
    between = columns()[place[FIRST_MARKER] + 1 : place[LAST_MARKER]]
    return tuple(column.name for column in between if column.sql_type == "INT")


def column_type(column: Column, dialect: Dialect) -> str:
    """The type of a column in the SQL of one engine."""
    return column.sql_type if dialect == "sqlserver" else _DUCKDB_TYPES[column.sql_type]


def quoted(name: str) -> str:
    """An identifier in ANSI double quotes, which both engines take."""
    return '"' + name.replace('"', '""') + '"'


def create_table(dialect: Dialect, schema: str) -> str:
    """The CREATE TABLE statement. As upstream: nothing but `record_uuid` is required, no key, no index."""
    lines = []
    for column in columns():
        rest = ""
        if column.sql_type == "UNIQUEIDENTIFIER":
            rest = " NOT NULL DEFAULT " + ("NEWID()" if dialect == "sqlserver" else "uuid()")
        lines.append(f"    {quoted(column.name)} {column_type(column, dialect)}{rest}")
    return f"CREATE TABLE {quoted(schema)}.{quoted(TABLE)} (\n" + ",\n".join(lines) + "\n)"
