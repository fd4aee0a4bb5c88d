"""A project to try: a database of its own, the commands run as a user runs them."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from samples import write_rows
from samples.orders import orders
from samples.schema import Row as SourceRow
from samples.write import append_rows
from sync import cli
from sync.monday.http import AUTHORITY_VARIABLES
from sync.output import Result
from tests import builds
from tests.faults.world import cached
from tests.stores import DuckDBFile, Row, Store, in_folder

ROOT = Path(__file__).resolve().parent.parent
DBT = Path(sys.executable).with_name("dbt")
BUILD = ("build", "--selector", "without_tests")
"""Words for dbt: a build without any tests."""
TESTED = ("build", "--selector", "without_unit_tests")
"""What a build does where nothing is selected, in the words that other tests use for it."""


@dataclass
class Project:
    """An order database and the environment that the commands see.

    ``target``: dbt's target folder; shared between projects, so that dbt parses once a session. ``place``: where the
    tables stand; None is a DuckDB file in the folder. ``root``: the checkout that the commands belong to.
    """

    folder: Path
    target: Path
    env: dict[str, str] = field(default_factory=dict)
    monday: Any = None
    place: Store | None = None
    root: Path = ROOT

    @property
    def store(self) -> Store:
        """Where the tables stand."""
        return in_folder(self.folder) if self.place is None else self.place

    @property
    def database(self) -> Path:
        """The DuckDB file; for projects that have one."""
        store = self.store
        assert isinstance(store, DuckDBFile)
        return store.path

    def environment(self) -> dict[str, str]:
        """The environment of a command: this process's, without what would lead elsewhere."""
        strange = ("MONDAY_", "DB_ORDERS_", "SYNC_", "DBT_", "KESTRA_", *AUTHORITY_VARIABLES)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(strange)}
        return kept | {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false"} | self.store.environment() | self.env

    def orders(self, rows: int, seed: int = 1) -> None:
        """Fills ORDERS_UNIFIED with sample orders."""
        self.fill(orders(rows, seed))

    def orders_table(self) -> AbstractContextManager[tuple[Any, str | None]]:
        """A connection through which `samples` writes ORDERS_UNIFIED, and the table's schema (None: the usual one)."""
        return self.store.orders_table()

    def fill(self, rows: Iterable[SourceRow]) -> None:
        """Makes ORDERS_UNIFIED anew, with these rows."""
        with self.orders_table() as (connection, schema):
            write_rows(connection, rows, schema=schema)

    def append(self, rows: Iterable[SourceRow]) -> None:
        """More rows for ORDERS_UNIFIED."""
        with self.orders_table() as (connection, schema):
            append_rows(connection, rows, schema=schema)

    def sql(self, statement: str, params: list[Any] | None = None) -> list[Row]:
        """Rows of a query (or nothing of a statement) in this database."""
        return self.store.sql(statement, params or [])

    def tables(self) -> list[str]:
        """Names of all tables."""
        return self.store.tables()

    def run(self, *args: str) -> subprocess.CompletedProcess[str]:
        """What ``python -m sync`` with these words prints and ends with, carried out inside this process."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            exit_code = self._command(args)
        return subprocess.CompletedProcess(args, exit_code, out.getvalue(), err.getvalue())

    def run_process(self, *args: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """The same in a process of its own, as a user has it."""
        return subprocess.run(
            [sys.executable, "-m", "sync", *args], cwd=self.root, env=self.environment(), capture_output=True,
            text=True, timeout=timeout, check=False,
        )  # fmt: skip

    def sync(self, *args: str, exit_code: int = 0) -> Row:
        """As ``python -m sync … --json``: the answer; the exit code must be as told.

        This project's command runs inside this process, that of another checkout in one of its own.
        """
        if self.root != ROOT:
            done = self.run_process(*args, "--json")
            assert done.returncode == exit_code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
            answer: Row = json.loads(done.stdout.splitlines()[0])
            return answer
        result = self.attempt(*args)
        assert result.exit_code == exit_code, (result.exit_code, result.message, result.data)
        return json.loads(json.dumps(result.to_dict(), default=str))  # type: ignore[no-any-return]

    def attempt(self, *args: str) -> Result:
        """The result of a command that is carried out inside this process, whatever its exit code."""
        shown: list[Result] = []
        with (
            mock.patch.object(cli, "show", lambda result, **_: shown.append(result)),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            self._command([*args, "--json"], SYNC_DEBUG="1")
        assert len(shown) == 1, shown
        return shown[0]

    def _command(self, words: Sequence[str], **more: str) -> int:
        """Carry a command out inside this process, ``more`` in its environment; its exit code."""
        with (
            cached(),
            mock.patch.object(signal, "signal"),
            mock.patch.dict(os.environ, self.environment() | more, clear=True),
            pytest.raises(SystemExit) as ended,
        ):
            cli.main.main(args=list(words), prog_name="sync")
        assert isinstance(ended.value.code, int)
        return ended.value.code

    def dbt(self, *args: str, ok: bool = True) -> str:
        """``dbt`` with these words (a build where none are given) inside this process; what it said of failures."""
        done = builds.here().run(args or TESTED, self.environment(), self.root)
        assert done.success is ok, done.said
        return done.said

    def dbt_process(self, *args: str, ok: bool = True) -> str:
        """The same in a process of its own, as a user has it; what it printed."""
        process = self.start_dbt(*args)
        out, err = process.communicate(timeout=600)
        assert (process.returncode == 0) is ok, out[-3000:] + err[-2000:]
        return out

    def start_dbt(self, *args: str) -> subprocess.Popen[str]:
        """``dbt`` with these words, as a process that runs from now on."""
        builds.here().begin(self.target)
        env = self.environment() | {"HOME": str(self.folder), "ORDERS_DUCKDB_PATH": builds.DATABASE}
        return subprocess.Popen(
            [str(DBT), *args, "--target-path", str(self.target), "--log-path", str(self.folder / "logs")],
            cwd=self.root, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def leases_end(self) -> None:
        """As if so much time had passed that no dead run holds rows; on a DuckDB file none does."""
        self.store.leases_end()

    def first_push(self, rows: int, seed: int = 1) -> Row:
        """Sample orders, migrated, built, and pushed to a board with its key column; the push's answer."""
        self.orders(rows, seed)
        self.sync("migrate")
        self.sync("board", "create-columns")
        self.dbt()
        return self.sync("push", "--batch")

    def staged(self) -> int:
        """Rows staged, orders and sizes."""
        return sum(
            self.sql(f'select count(*) as n from "{name}"')[0]["n"]
            for name in ("STG_MON_CustMasterSchedule", "STG_MON_CustMasterSchedule_Subitems")
        )


def new_checkout(folder: Path) -> Path:
    """The project's files in a folder of their own, to be changed there."""
    for name in ("dbt_project", "macros", "models", "seeds", "sql", "sync", "tests/dbt"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("dbt_project.yml", "profiles.yml", "selectors.yml"):
        shutil.copy(ROOT / name, folder)
    return folder
