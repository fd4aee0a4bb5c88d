"""Day two on a SQL Server: one schema to work in, and another that keeps what stood there after the first push."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copy
from typing import Any

from emulator.config import Config
from emulator.server import running
from samples.schema import Row as SourceRow
from sync.statements import quoted
from tests.e2e.day_two import DayTwo, Dbt, Pushed, push_first
from tests.oracle.expected import Expected
from tests.sqlserver.server import ServerProject, database

KEPT = ("MON_", "ERR_MON_", "STG_MON_", "ORDERS_UNIFIED")
"""Beginnings of the names of the tables that a state consists of; the others are made anew by each build."""


class ServerDbt(Dbt):
    """dbt inside this process. It parses once, so its builds must all go to the same schema."""

    def close(self) -> None:
        """Nothing to do: dbt closes its connections itself."""


@dataclass
class ServerDayTwo(DayTwo, ServerProject):
    """Day two in a schema of the server."""


@dataclass(frozen=True)
class ServerPushed(Pushed):
    """A state after the first push: the board in a file, the tables in a schema of their own."""

    kept: ServerProject
    work: ServerProject

    @contextmanager
    def start(self, folder: Path, **config: Any) -> Iterator[DayTwo]:
        """The working schema, brought back to that state, with a board of its own; `config` for the emulator."""
        copy(self.folder / "board.json", folder / "board.json")
        copy_tables(self.kept, self.work)
        options = {"items_limit": 100_000} | config
        with running(Config(state_file=folder / "board.json", **options).without_limits()) as monday:
            yield _project(folder, self.dbt, monday, self.work.schema, self.expected)


def copy_tables(source: ServerProject, target: ServerProject) -> None:
    """Makes the rows of the kept tables in one schema those of another.

    A table keeps its keys and indexes where it is there; ORDERS_UNIFIED, to which tests add columns, is made anew
    (not by SELECT INTO, which may fold the capitals of its names).
    """
    target.fill([])
    names = [name for name in source.tables() if name.startswith(KEPT)]
    there = set(target.tables())
    with database(target.schema) as opened:
        for name in names:
            here, other = (f"{quoted(schema)}.{quoted(name)}" for schema in (target.schema, source.schema))
            if name in there:
                opened.execute(f"delete from {here}")
                opened.execute(f"insert into {here} select * from {other}")
            else:
                opened.execute(f"drop table if exists {here}")
                opened.execute(f"select * into {here} from {other}")


def clear(project: ServerProject) -> None:
    """Drops the tables of a schema, views first."""
    project.drop()
    project.create()


def _project(folder: Path, dbt: Dbt, monday: Any, schema: str, expected: Expected | None) -> ServerDayTwo:
    env = {"MONDAY_API_URL": monday.url, "MONDAY_API_TOKEN": monday.token, "MONDAY_SETTLE_SECONDS": "0.5"}
    return ServerDayTwo(folder, folder / "target", env, monday, schema, dbt, expected)


def first_push(
    folder: Path, dbt: ServerDbt, rows: Iterable[SourceRow], work: ServerProject, kept: ServerProject
) -> ServerPushed:
    """Migrates, builds and pushes these orders in the one schema, and keeps the tables in the other."""
    clear(work)
    config = Config(state_file=folder / "board.json", items_limit=100_000, with_order_key=True).without_limits()
    with running(config) as monday:
        expected = push_first(_project(folder, dbt, monday, work.schema, None), rows)
    copy_tables(work, kept)
    return ServerPushed(folder, dbt, expected, kept, work)
