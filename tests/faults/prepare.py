"""The states that cases start from, made once by the real commands: a build, a push, changed orders, a build."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import duckdb

from emulator.config import Config
from emulator.server import running
from samples import orders, write_rows
from samples.edits import Kind, edit_orders
from samples.schema import Row, positions
from samples.write import append_rows
from tests.faults.world import Prepared
from tests.support import Project

CUSTOMERS = ("GREYSON CLOTHIERS", "JOHNNIE O", "RHONE")
BUILD = ("build", "--exclude", "test_type:unit", "test_type:data")
ARCHIVING = (*BUILD, "--vars", "{on_source_removal: archive}")
SEED = 5
KINDS: tuple[Kind, ...] = ("columns", "quantities", "season", "name", "cancel", "remove")


def _of_few_customers(rows: Iterable[Row], count: int) -> list[Row]:
    """Orders of a few customers: each customer is a batch, and batches cost time that says nothing about faults."""
    place = positions()["CUSTOMER NAME"]
    return list(islice((row for row in rows if row[place] in CUSTOMERS), count))


def prepare(folder: Path, target: Path, *, items: int = 16, more: int = 6) -> dict[str, Prepared]:
    """States by name: ``first`` (an empty board) and ``later`` (orders changed, moved, cancelled, left, and are new).

    ``target`` is dbt's; the files stand in ``folder`` afterwards.
    """
    pool = _of_few_customers(orders(4000, SEED), items + more)
    first, later = folder / "first", folder / "later"
    for each in (first, later):
        each.mkdir(parents=True)
    project = Project(first, target)
    with duckdb.connect(str(project.database)) as connection:
        write_rows(connection, pool[:items])
    project.sync("migrate")
    project.dbt(*BUILD)
    _board_file(first / "board.sqlite")
    shutil.copyfile(project.database, later / "orders.duckdb")
    shutil.copyfile(first / "board.sqlite", later / "board.sqlite")
    _change(Project(later, target), later / "board.sqlite", pool[items:])
    _acquaint(first / "orders.duckdb", later / "orders.duckdb")
    return {each.name: Prepared(each.name, each / "orders.duckdb", each / "board.sqlite") for each in (first, later)}


def _board_file(path: Path) -> None:
    with running(Config(with_order_key=True, state_file=path).without_limits()):
        pass  # opening it writes the empty board


def _acquaint(first: Path, later: Path) -> None:
    """The first push has seen the board's columns before: noting 45 of them takes longer than the rest of a case."""
    with duckdb.connect(str(first)) as connection:
        connection.execute(f"attach '{later}' as other (read_only)")
        connection.execute("insert into MON_BoardColumns select * from other.MON_BoardColumns")


def _change(project: Project, board: Path, new: list[Row]) -> None:
    """A first push, then edits of every kind and new orders, built."""
    with running(Config(with_order_key=True, state_file=board).without_limits()) as monday:
        project.env |= {"MONDAY_API_URL": monday.url, "MONDAY_API_TOKEN": monday.token}
        project.sync("push", "--batch")
    with duckdb.connect(str(project.database)) as connection:
        for number, kind in enumerate(KINDS):
            edit_orders(connection, seed=SEED + number, count=3 if number < 3 else 1, kinds=[kind])
        append_rows(connection, new)
    project.dbt(*ARCHIVING)
