"""The build, the write-back and a first push on the SQL Server that the DB_ORDERS_ variables name.

Everything happens in a schema of its own, dropped at the end; Monday is a local one, in a process of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.measure import DBT, FOLDER, FOREIGN, local_monday, timed
from samples import write_orders
from sync.commands.push import push
from sync.database import Database, connect, read_profile
from sync.database.sqlserver import open_driver
from sync.push.staged import Selection
from sync.push.summary import Options
from sync.session import Runtime, quoted

KEPT = ("DB_ORDERS_", "DBT_ENV_SECRET_ORDERS", "DBT_THREADS")
"""Beginnings of the variables that lead to the server."""
EVERYTHING = Selection(None, None, None, None, None)


def server_environment(schema: str, **more: str) -> dict[str, str]:
    """The environment of a measured command: the user's server, a schema of our own, no board of the user's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN) or name.startswith(KEPT)}
    ours = {"DBT_TARGET": "sqlserver", "DB_ORDERS_SCHEMA": schema, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    return kept | ours | more


@contextmanager
def own_schema() -> Iterator[str]:
    """A schema that is dropped with all its tables at the end; its name."""
    schema = f"bench_{uuid.uuid4().hex[:12]}"
    database = connect(server_environment("dbo"))
    try:
        database.execute(f"create schema {schema}")
        try:
            yield schema
        finally:
            database.reconnect()
            _drop(database, schema)
    finally:
        database.close()


def _drop(database: Database, schema: str) -> None:
    rows = database.query(
        "select TABLE_NAME, TABLE_TYPE from INFORMATION_SCHEMA.TABLES where TABLE_SCHEMA = ?", [schema]
    )
    for row in sorted(rows, key=lambda row: row["TABLE_TYPE"] != "VIEW"):
        kind = "view" if row["TABLE_TYPE"] == "VIEW" else "table"
        database.execute(f"drop {kind} if exists {quoted(schema)}.{quoted(row['TABLE_NAME'])}")
    database.execute(f"drop schema {schema}")


def fill(schema: str, rows: int) -> None:
    """Sample orders and the tables of the sync."""
    connection = open_driver(read_profile(server_environment(schema))).connect(15)
    connection.autocommit = False
    try:
        write_orders(connection, rows, 1, schema=schema)
    finally:
        connection.close()
    timed([sys.executable, "-m", "sync", "migrate"], server_environment(schema))


def build(schema: str, rows: int) -> None:
    """``dbt build`` on many orders, models alone and with all tests, and the seconds of each model."""
    folder = FOLDER / "server"
    shutil.rmtree(folder, ignore_errors=True)
    paths = ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    for name, words in (
        ("first, seeds and models", ("--selector", "without_tests")),
        ("parse kept, seeds and models", ("--selector", "without_tests")),
        ("parse kept, with data tests", ()),
    ):
        done = timed([str(DBT), "build", *words, *paths], server_environment(schema))
        print(f"dbt build, {rows:,} orders, {name}: {done.seconds:.1f} s = {rows / done.seconds:,.0f} orders a second")
        if name.startswith("parse kept, seeds"):
            results = json.loads((folder / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
            for each in sorted(results, key=lambda each: -each["execution_time"])[:8]:
                print(f"    {each['execution_time']:6.1f} s  {each['unique_id'].split('.')[-1]}")


@dataclass
class Clocked:
    """Seconds of each transaction of a push, by what it does, and the rows that it carried."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)

    def line(self, name: str) -> str:
        """One line: rows a second, transactions, and how long the middle one took."""
        taken = self.seconds[name]
        return (
            f"{name}: {self.rows[name]:,} rows in {sum(taken):.1f} s = {self.rows[name] / sum(taken):,.0f} rows a"
            f" second ({len(taken):,} transactions, the middle one {1000 * statistics.median(taken):.0f} ms)"
        )


class ClockedDatabase:
    """A database whose claims and write-backs are measured."""

    def __init__(self, inner: Database, clocked: Clocked) -> None:
        self._inner, self._clocked = inner, clocked
        self._rows: dict[str, int] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def execute(self, sql: str, params: Sequence[Any] = ()) -> int:
        """Run a statement, and note whether it claims or confirms rows."""
        changed = self._inner.execute(sql, params)
        for name, beginning in (("claims", "insert into {}.MON_RowClaims"), ("write-back", "insert into {}.MON_Cust")):
            if sql.replace('"', "").startswith(beginning.format(self._inner.schema)):
                self._rows[name] = self._rows.get(name, 0) + changed
        return changed

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Measure a transaction."""
        started, self._rows = time.perf_counter(), {}
        with self._inner.transaction():
            yield
        for name, rows in self._rows.items():
            self._clocked.seconds.setdefault(name, []).append(time.perf_counter() - started)
            self._clocked.rows[name] = self._clocked.rows.get(name, 0) + rows


def first_push(schema: str, rows: int) -> None:
    """A first push of what is staged, to a local Monday without latency and limits."""
    with local_monday(rows) as monday:
        env = server_environment(schema, **monday)
        timed([sys.executable, "-m", "sync", "board", "create-columns"], env)
        clocked = Clocked()
        database: Any = lambda *args, **options: ClockedDatabase(connect(*args, **options), clocked)  # noqa: E731
        started = time.perf_counter()
        result = push(env, Options(EVERYTHING), stop=threading.Event(), runtime=Runtime(connect=database))
        seconds = time.perf_counter() - started
    done = result.data["succeeded"]
    print(f"push, {rows:,} orders: {done:,} rows in {seconds:.1f} s = {done / seconds:,.0f} rows a second")
    for name in ("claims", "write-back"):
        print(f"    {clocked.line(name)}")


def server(orders: int, pushed: int) -> None:
    """The build of ``orders``, then a first push of ``pushed``."""
    if not os.environ.get("DB_ORDERS_HOST"):
        sys.exit("DB_ORDERS_HOST names no SQL Server; set it and the other DB_ORDERS_ variables (docs/sqlserver.md).")
    with own_schema() as schema:
        fill(schema, orders)
        build(schema, orders)
    with own_schema() as schema:
        fill(schema, pushed)
        timed([str(DBT), "build", "--selector", "without_tests", "--target-path", str(FOLDER / "server" / "pushed"),
               "--log-path", str(FOLDER / "server" / "logs")], server_environment(schema))  # fmt: skip
        first_push(schema, pushed)
