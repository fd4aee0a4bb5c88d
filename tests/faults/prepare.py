"""The states that cases start from, made once by the real commands: a build, a push, changed orders, a build."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from emulator.config import Config
from emulator.server import running
from samples import orders
from samples.schema import Row, positions
from tests.faults.world import Prepared
from tests.samples.edits import Kind, edit_orders
from tests.stores import Engine, Kept, Store
from tests.support import BUILD, Project

CUSTOMERS = ("GREYSON CLOTHIERS", "JOHNNIE O", "RHONE")
ARCHIVING = (*BUILD, "--vars", "{on_source_removal: archive}")
STATES = ("first", "later")
SEED = 5
KINDS: tuple[Kind, ...] = ("columns", "quantities", "season", "name", "cancel", "remove")


def _of_few_customers(rows: Iterable[Row], count: int) -> list[Row]:
    """Orders of a few customers: each customer is a batch, and batches cost time that says nothing about faults."""
    place = positions()["CUSTOMER NAME"]
    return list(islice((row for row in rows if row[place] in CUSTOMERS), count))


def prepare(engine: Engine, folder: Path, *, items: int = 16, more: int = 6) -> dict[str, Prepared]:
    """States by name: ``first`` (an empty board) and ``later`` (orders changed, moved, cancelled, left, and are new).

    What they keep in files stands in ``folder`` afterwards.
    """
    pool = _of_few_customers(orders(4000, SEED), items + more)
    begun, first, later = (folder / name for name in ("begun", *STATES))
    for each in (begun, first, later):
        each.mkdir(parents=True)
        _board_file(each / "board.sqlite")
    project = Project(begun, engine.target, place=engine.empty(begun))
    project.fill(pool[:items])
    project.sync("migrate")
    project.dbt(*BUILD)
    built = engine.keep(project.store)
    project = Project(later, engine.target, place=built.copy(later))
    _change(project, later / "board.sqlite", pool[items:])
    columns = project.sql("select * from MON_BoardColumns")
    changed = engine.keep(project.store)
    acquainted = _acquainted(engine, built.copy(first), columns)
    return {
        "first": Prepared("first", acquainted, first / "board.sqlite"),
        "later": Prepared("later", changed, later / "board.sqlite"),
    }


def built(engine: Engine, folder: Path, rows: int, seed: int) -> Prepared:
    """So many sample orders, built, and an empty board; its name is that of the folder."""
    project = Project(folder, engine.target, place=engine.empty(folder))
    project.orders(rows, seed)
    project.sync("migrate")
    project.dbt(*BUILD)
    _board_file(folder / "board.sqlite")
    return Prepared(folder.name, engine.keep(project.store), folder / "board.sqlite")


def _board_file(path: Path) -> None:
    with running(Config(with_order_key=True, state_file=path).without_limits()):
        pass  # opening it writes the empty board


def _acquainted(engine: Engine, store: Store, columns: list[dict[str, Any]]) -> Kept:
    """The first push has seen the board's columns before: noting 45 of them takes longer than the rest of a case."""
    for row in columns:
        marks = ", ".join("?" for _ in row)
        store.sql(f"insert into MON_BoardColumns ({', '.join(row)}) values ({marks})", list(row.values()))
    return engine.keep(store)


def _change(project: Project, board: Path, new: list[Row]) -> None:
    """A first push, then edits of every kind and new orders, built."""
    with running(Config(with_order_key=True, state_file=board).without_limits()) as monday:
        project.env |= {"MONDAY_API_URL": monday.url, "MONDAY_API_TOKEN": monday.token}
        project.sync("push", "--batch")
    for number, kind in enumerate(KINDS):
        with project.orders_table() as (connection, schema):
            edit_orders(connection, seed=SEED + number, count=3 if number < 3 else 1, kinds=[kind], schema=schema)
    project.append(new)
    project.dbt(*ARCHIVING)
