"""Writing rows to `ORDERS_UNIFIED`: DuckDB by way of CSV files, SQL Server by way of JSON parameters."""

from __future__ import annotations

import csv
import datetime as dt
import json
import tempfile
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import duckdb

from samples.orders import orders
from samples.schema import TABLE, Dialect, Row, column_type, columns, create_table, quoted

_DUCKDB_CHUNK = 20_000
_SQLSERVER_CHUNK = 200
_JSON_TEXT = 4000
# What stands for null in the files: a private character that no source text holds.
_NULL = "\ue000"


def write_orders(connection: Any, rows: int, seed: int, *, schema: str | None = None, many_labels: bool = False) -> int:
    """Make `ORDERS_UNIFIED` anew and fill it with `rows` sample rows; return how many stand in it.

    `connection` is a DuckDB connection, or a DB-API connection to SQL Server. Everything happens in one transaction,
    so that readers see either the old table or the new one. Errors are the driver's own.
    """
    return write_rows(connection, orders(rows, seed, many_labels=many_labels), schema=schema)


def write_rows(connection: Any, rows: Iterable[Row], *, schema: str | None = None) -> int:
    """Make `ORDERS_UNIFIED` anew and fill it with these rows; return their number."""
    dialect = dialect_of(connection)
    schema = schema or default_schema(dialect)
    with _transaction(connection, dialect):
        _execute(connection, f"DROP TABLE IF EXISTS {table_name(schema)}")
        _execute(connection, create_table(dialect, schema))
        return _append(connection, dialect, schema, rows)


def append_rows(connection: Any, rows: Iterable[Row], *, schema: str | None = None) -> int:
    """Add these rows to the table that is there, in one transaction; return their number."""
    dialect = dialect_of(connection)
    with _transaction(connection, dialect):
        return _append(connection, dialect, schema or default_schema(dialect), rows)


def dialect_of(connection: Any) -> Dialect:
    """Which engine a connection leads to."""
    return "duckdb" if isinstance(connection, duckdb.DuckDBPyConnection) else "sqlserver"


def default_schema(dialect: Dialect) -> str:
    """The schema that holds the table unless another is named."""
    return "main" if dialect == "duckdb" else "dbo"


def table_name(schema: str) -> str:
    """The table's full name, quoted."""
    return f"{quoted(schema)}.{quoted(TABLE)}"


class _transaction:  # noqa: N801  (reads as a statement)
    """BEGIN and COMMIT on DuckDB; on DB-API connections, which are always in a transaction, COMMIT alone."""

    def __init__(self, connection: Any, dialect: Dialect) -> None:
        self.connection = connection
        self.dialect = dialect

    def __enter__(self) -> None:
        if self.dialect == "duckdb":
            self.connection.execute("BEGIN")

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if self.dialect == "duckdb":
            self.connection.execute("COMMIT" if kind is None else "ROLLBACK")
        elif kind is None:
            self.connection.commit()
        else:
            self.connection.rollback()


def _execute(connection: Any, statement: str, parameters: list[Any] | None = None) -> None:
    cursor = connection if isinstance(connection, duckdb.DuckDBPyConnection) else connection.cursor()
    if parameters is None:
        cursor.execute(statement)
    else:
        cursor.execute(statement, parameters)


def _append(connection: Any, dialect: Dialect, schema: str, rows: Iterable[Row]) -> int:
    source = iter(rows)
    if dialect == "duckdb":
        return _append_duckdb(connection, schema, source)
    return _append_sqlserver(connection, schema, source)


def _append_duckdb(connection: Any, schema: str, rows: Iterator[Row]) -> int:
    types = ", ".join(
        f"'{column.name.replace(chr(39), chr(39) * 2)}': '{column_type(column, 'duckdb')}'" for column in columns()
    )
    written = 0
    with tempfile.TemporaryDirectory(prefix="orders") as folder:
        file = Path(folder) / "rows.csv"
        statement = (
            f"INSERT INTO {table_name(schema)} SELECT * FROM read_csv(?, auto_detect = false, header = false, "
            f"delim = ',', quote = '\"', escape = '\"', new_line = '\\r\\n', nullstr = '{_NULL}', "
            f"columns = {{{types}}})"
        )
        for row in rows:
            # One file after another, each written row by row: memory does not grow with the number of rows.
            with file.open("w", newline="", encoding="utf-8") as target:
                writer = csv.writer(target)
                for line in chain([row], islice(rows, _DUCKDB_CHUNK - 1)):
                    writer.writerow([_NULL if value is None else value for value in line])
                    written += 1
            connection.execute(statement, [str(file)])
    return written


def _append_sqlserver(connection: Any, schema: str, rows: Iterator[Row]) -> int:
    """A chunk of rows travels as one JSON text that holds what is not null: most of the 268 columns are, in any row.

    Rows with a text that not every server takes out of JSON whole (over 4,000 characters) go one by one.
    """
    fields = ", ".join(
        f"{quoted(column.name)} {column_type(column, 'sqlserver')} '$.c{place}'"
        for place, column in enumerate(columns())
    )
    names = ", ".join(quoted(column.name) for column in columns())
    statement = f"INSERT INTO {table_name(schema)} ({names}) SELECT {names} FROM OPENJSON(?) WITH ({fields})"
    written = 0
    while chunk := list(islice(rows, _SQLSERVER_CHUNK)):
        short = []
        for row in chunk:
            if any(isinstance(value, str) and len(value) > _JSON_TEXT for value in row):
                _insert_one(connection, schema, row)
            else:
                short.append({f"c{at}": _plain(value) for at, value in enumerate(row) if value is not None})
        _execute(connection, statement, [json.dumps(short)])
        written += len(chunk)
    return written


def _insert_one(connection: Any, schema: str, row: Row) -> None:
    cells = [(quoted(column.name), value) for column, value in zip(columns(), row, strict=True) if value is not None]
    names, values = ", ".join(name for name, _ in cells), ", ".join("?" for _ in cells)
    statement = f"INSERT INTO {table_name(schema)} ({names}) VALUES ({values})"
    # As text: a driver may refuse dates that the column takes.
    _execute(connection, statement, [_plain(value) for _, value in cells])


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, dt.date) else value
