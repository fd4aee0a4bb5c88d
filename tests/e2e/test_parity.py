"""Both engines give the same answer: every staged row, key, group and rejection, and both boards after the push.

The source holds every odd value that the cleaning rules speak about, alone and combined, beside ordinary orders.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from samples.orders import orders
from samples.schema import Row as SourceRow
from tests.oracle.board import Board, read_board
from tests.samples.odd import odd_orders
from tests.sqlserver.server import LEFT_OUT, own_schema
from tests.stores import Row
from tests.support import Project

pytestmark = [
    pytest.mark.sqlserver,
    pytest.mark.slow,
    pytest.mark.skipif(not os.environ.get("DB_ORDERS_HOST"), reason=LEFT_OUT),
]

ODD = 5_000
ORDINARY = 1_000
BOARD = 9200517329
OF_THE_BUILD = {"BATCH_ID", "STAGED_AT", "BUILD_ID", "BUILT_AT", "STATE_AT"}
"""Columns that name the build or its time; a batch is compared by its number, which stands at its end."""
OF_THE_ENGINE = {"ROW_HASH", "CONFIRMED_HASH", "CELLS_HASH"}
"""Hashes are of the engine's own bytes."""
OF_THE_READING = {"SOURCE_ROW"}
"""Rows are numbered as the engine reads them, which no engine promises to do alike."""
TABLES = (
    "stg_erp__orders",
    "int_orders__named",
    "int_orders__keyed",
    "int_order_sizes__compared",
    "STG_MON_CustMasterSchedule",
    "STG_MON_CustMasterSchedule_Subitems",
    "STG_MON_RejectedOrders",
    "STG_MON_HeldChanges",
    "STG_MON_Build",
)


def source_rows() -> list[SourceRow]:
    """The orders that both engines get."""
    return [*odd_orders(ODD), *orders(ORDINARY, 7)]


def comparable(row: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """A row without what names the build, in an order of its own."""
    left_out = OF_THE_BUILD | OF_THE_ENGINE | OF_THE_READING
    kept = {name.upper(): value for name, value in row.items() if name.upper() not in left_out}
    if "BATCH_ID" in row:
        kept["BATCH"] = row["BATCH_ID"].rsplit("-", 1)[-1]
    return tuple(sorted(kept.items()))


def differing(ours: list[Row], theirs: list[Row]) -> list[tuple[str, list[str]]]:
    """Rows of one side that the other lacks, each with what is odd about it: side and columns that have no equal."""
    here, there = Counter(map(comparable, ours)), Counter(map(comparable, theirs))
    only_here, only_there = list((here - there).elements()), list((there - here).elements())
    cells = [{cell for row in rows for cell in row} for rows in (only_here, only_there)]
    found = [
        ("duckdb", [f"{name}={value!r}" for name, value in row if (name, value) not in cells[1]]) for row in only_here
    ]
    found += [
        ("sqlserver", [f"{name}={value!r}" for name, value in row if (name, value) not in cells[0]])
        for row in only_there
    ]
    return found


def shown(board: Board) -> dict[str, Any]:
    """A board without ids: per key the name, the group, the texts and the sizes."""
    assert all(item.key for item in board.items)
    items = {
        str(item.key): (
            item.name,
            item.group,
            item.values,
            Counter((sub.name, sub.label, sub.quantity) for sub in item.subitems),
        )
        for item in board.items
    }
    assert len(items) == len(board.items)
    return items


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, Project]]:
    """The same orders in both engines, built."""
    rows = source_rows()
    local = Project(tmp_path_factory.mktemp("duckdb"), tmp_path_factory.mktemp("duckdb_target"))
    folder, target = tmp_path_factory.mktemp("server"), tmp_path_factory.mktemp("server_target")
    with own_schema(folder, target) as server:
        for project in (local, server):
            project.fill(rows)
            project.sync("migrate")
            project.dbt()
        yield local, server


@pytest.mark.parametrize("table", TABLES)
def test_no_row_differs(table: str, pair: tuple[Project, Project]) -> None:
    local, server = pair
    ours, theirs = (project.sql(f'select * from "{table}"') for project in (local, server))
    found = differing(ours, theirs)
    assert len(ours) == len(theirs)
    assert found == [], f"{len(found)} differing rows of {len(ours)}"


def test_enough_odd_rows_are_staged_and_rejected(pair: tuple[Project, Project]) -> None:
    build = pair[1].sql("select * from STG_MON_Build")[0]
    assert build["SOURCE_ROWS"] == ODD + ORDINARY
    assert build["REJECTED_ROWS"] > 50
    assert build["STAGED_ROWS"] > 4_000


def test_both_boards_show_the_same(pair: tuple[Project, Project], monday: Callable[..., Any], tmp_path: Path) -> None:
    boards = []
    for project in pair:
        project.monday = monday(with_order_key=True, items_limit=100_000)
        project.env |= {"MONDAY_API_URL": project.monday.url, "MONDAY_API_TOKEN": project.monday.token}
        pushed = project.sync("push", "--batch", "--fail-under", "0")
        boards.append((pushed, shown(read_board(project.monday.url, project.monday.token, BOARD))))
    (ours, our_items), (theirs, their_items) = boards
    assert our_items.keys() == their_items.keys()
    assert {key: (item, their_items[key]) for key, item in our_items.items() if item != their_items[key]} == {}
    for name in ("items_created", "subitems_created", "items_failed", "subitems_failed"):
        assert ours[name] == theirs[name]
