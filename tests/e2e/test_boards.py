"""Several boards from one source: each its own tables, which orders belong to it said by a condition."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from emulator.config import BOARD_ID, SUBITEM_BOARD_ID, Limits
from samples import write_rows
from tests.e2e.day_two import GREYSON, PELOTON, order
from tests.stores import Engine
from tests.support import BUILD, ROOT, Project

pytestmark = pytest.mark.files_only("ORDERS_SOURCE names a DuckDB file")
OF_PELOTON = "\"CUSTOMER NAME\" like 'PELOTON%'"
OTHERS = f"not ({OF_PELOTON})"
SHIFT = 5
"""Added to the ids of the board to get those of its copy."""


def duplicate_board(state: Any) -> int:
    """A copy of the empty board, with its subitems' board, as Monday's "duplicate" makes it; its id."""
    for number in (BOARD_ID, SUBITEM_BOARD_ID):
        board = copy.deepcopy(state.boards[number])
        board.id += SHIFT
        for group in board.groups.values():
            group.board_id = board.id
        if board.subitem_board_id:
            board.subitem_board_id += SHIFT
        if board.parent_board_id:
            board.parent_board_id += SHIFT
        for column in board.columns.values():
            if column.type == "subtasks":
                column.settings = {"boardIds": [board.subitem_board_id]}
        state.boards[board.id] = board
    return BOARD_ID + SHIFT


def shown(project: Project, board_id: int) -> dict[str, str]:
    """Order key to group of the active items of a board."""
    state = project.monday.state
    return {
        item.values["order_key"]: state.boards[board_id].groups[item.group_id].title
        for item in state.items.values()
        if item.board_id == board_id and item.state == "active"
    }


def source_of(path: Path, rows: list[Any]) -> None:
    with duckdb.connect(str(path)) as connection:
        write_rows(connection, rows)


def build(project: Project, scope: str, *, tests: bool = False, **variables: Any) -> None:
    words = ("build",) if tests else BUILD
    project.dbt(*words, "--vars", json.dumps({"orders_scope": scope, **variables}))


def pushing(project: Project) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "sync", "push", "--batch", "--json"],
        cwd=ROOT, env=project.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_two_boards_share_a_source_and_a_customer_moves_between_them(
    tmp_path: Path, engine: Engine, monday: Callable[..., Any]
) -> None:
    server = monday(with_order_key=True, limited=True, limits=replace(Limits(), minute_points=6_000_000))
    source = tmp_path / "the source.duckdb"
    sizes = {"S": 1, "M": 2, "L": 3}

    def orders(notes: str) -> list[Any]:
        sold = [order(f"PEL-{at}", PELOTON, sizes, NOTES=notes) for at in range(20)]
        return sold + [order(f"GRE-{at}", GREYSON, sizes, NOTES=notes) for at in range(20)]

    source_of(source, [*orders(""), order("", GREYSON), *[order("TWICE", PELOTON)] * 30])
    with duckdb.connect(str(source)) as connection:  # another board's tables may stand there, of whatever version
        connection.execute('create table "STG_MON_CustMasterSchedule" ("OF ANOTHER VERSION" integer)')
    boards = {"gre": (BOARD_ID, OTHERS), "pel": (duplicate_board(server.state), OF_PELOTON)}
    projects: dict[str, Project] = {}
    for name, (board_id, _) in boards.items():
        env = {"MONDAY_API_URL": server.url, "MONDAY_API_TOKEN": server.token, "MONDAY_BOARD_ID": str(board_id)}
        (tmp_path / name).mkdir()
        made = Project(tmp_path / name, engine.target, env | {"ORDERS_SOURCE": str(source)}, server)
        projects[name] = made
        made.sync("migrate")
    build(projects["gre"], OTHERS)
    build(projects["pel"], OF_PELOTON)

    # What belongs to another board is neither rejected here nor held by a guard; what is ours is.
    said = {name: project.sync("status") for name, project in projects.items()}
    assert (said["gre"]["rejected_rows"], said["gre"]["held_changes"]) == (1, [])
    assert {each["kind"] for each in said["pel"]["held_changes"]} == {"COPIES"}

    # Both at once, on one budget: 160 writes are more than one minute of it, and none is refused.
    running = {name: pushing(project) for name, project in projects.items()}
    for name, process in running.items():
        out, err = process.communicate(timeout=240)
        assert process.returncode == (3 if name == "pel" else 0), out + err
        answer = json.loads(out.splitlines()[0])
        assert (answer["failed"], answer["items_left"], answer["api_retries"]) == (0, 0, 0)
    numbers = {f"PEL-{at}" for at in range(20)} | {"TWICE"}
    assert shown(projects["pel"], boards["pel"][0]).keys() == numbers
    assert shown(projects["gre"], BOARD_ID).keys() == {f"GRE-{at}" for at in range(20)}

    # The customer moves: the one board takes it up, on the other it stays as it is, whatever is done about removals.
    server.state.config = server.state.config.without_limits()
    both = f"{OF_PELOTON} or \"AAG ORDER NUMBER\" in ('GRE-1', 'GRE-2')"
    less = f"{OTHERS} and \"AAG ORDER NUMBER\" not in ('GRE-1', 'GRE-2')"
    source_of(source, orders("EDITED"))
    build(projects["gre"], less, tests=True, on_source_removal="archive", max_removal_percent=0)
    answer = projects["gre"].sync("push", "--batch")
    assert (answer["items_updated"], answer["items_archived"], answer["held_changes"]) == (18, 0, [])
    assert (answer["out_of_scope_rows"], answer["out_of_scope_items"]) == (22, 2)
    assert "22 source rows are out of scope" in answer["message"]
    assert "orders_scope" in answer["message"]
    assert "2 items of them stay on the board" in answer["message"]
    assert projects["gre"].sync("status")["build"]["ORDERS_SCOPE"] == less
    page = tmp_path / "report.html"
    projects["gre"].sync("report", "--output", str(page))
    assert "2 items of them stay on the board unchanged" in page.read_text(encoding="utf-8")
    told = projects["gre"].sync("order", "GRE-1")
    assert "not in this board's scope" in json.dumps(told)
    build(projects["pel"], both)
    answer = projects["pel"].sync("push", "--batch")
    assert (answer["items_created"], answer["items_updated"]) == (2, 20)
    assert {"GRE-1", "GRE-2"} <= shown(projects["pel"], boards["pel"][0]).keys()
    assert {"GRE-1", "GRE-2"} <= shown(projects["gre"], BOARD_ID).keys()

    # There people archive it, and a repair says so to the tables.
    repair = ("audit", "--repair", "--customer", GREYSON, "--max-percent", "100")
    for item in list(server.state.items.values()):
        if item.board_id == BOARD_ID and item.values["order_key"] in ("GRE-1", "GRE-2"):
            server.state.retire_item(item.id, "archived")
    build(projects["gre"], less, on_board_deletion="park")
    assert projects["gre"].sync(*repair, exit_code=3)["missing"] == 2
    build(projects["gre"], less, on_board_deletion="recreate")
    assert projects["gre"].sync(*repair)["repaired_orders"] == 2
    build(projects["gre"], less, on_board_deletion="park")
    answer = projects["gre"].sync("push", "--batch")
    assert (answer["items_created"], answer["out_of_scope_rows"], answer["out_of_scope_items"]) == (0, 22, 0)
    projects["gre"].sync("audit")


@pytest.mark.parametrize(
    ("ours", "theirs", "done", "keys"),
    [
        ([order("X", CUSTOMER_STYLE="NEW")], [order("X", PELOTON)], (0, 1, 0), {"X"}),
        ([], [order("X", PELOTON)], (0, 0, 1), set()),
        ([], [order("X", PELOTON, CUSTOMER_STYLE="NEW"), order("X", PELOTON)], (0, 0, 0), {"X"}),
    ],
    ids=["edited", "gone", "moved to the other board"],
)
def test_a_number_of_both_boards_costs_neither_an_item(
    ours: list[Any], theirs: list[Any], done: tuple[int, int, int], keys: set[str], project: Project
) -> None:
    others = [order(f"GRE-{at}") for at in range(3)]
    project.fill([*others, order("X"), order("X", PELOTON)])
    project.sync("migrate")
    project.sync("board", "create-columns")
    build(project, OTHERS)
    project.sync("push", "--batch")
    ids = {row["MONDAY_ITEM_ID"] for row in project.sql("select MONDAY_ITEM_ID from MON_CustMasterSchedule")}
    project.fill([*others, *ours, *theirs])
    build(project, OTHERS, on_source_removal="archive")
    answer = project.sync("push", "--batch")
    assert (answer["items_created"], answer["items_updated"], answer["items_archived"]) == done
    assert shown(project, BOARD_ID).keys() == {f"GRE-{at}" for at in range(3)} | keys
    assert {row["MONDAY_ITEM_ID"] for row in project.sql("select MONDAY_ITEM_ID from MON_CustMasterSchedule")} == ids


def test_the_orders_may_stand_in_another_schema(project: Project) -> None:
    project.orders(20)
    project.sql("create schema upstream")
    project.sql("create table upstream.ORDERS_UNIFIED as from ORDERS_UNIFIED")
    project.sql("drop table ORDERS_UNIFIED")
    project.sync("migrate")
    assert "main.ORDERS_UNIFIED doesn't exist" in project.dbt(*BUILD, ok=False)
    project.env["DB_ORDERS_SOURCE_SCHEMA"] = "upstream"
    project.dbt()
    (said,) = project.sql('select SOURCE_ROWS, ORDERS_SCOPE from "STG_MON_Build"')
    assert said == {"SOURCE_ROWS": 20, "ORDERS_SCOPE": None}


@pytest.mark.parametrize("there", [False, True])
def test_a_wrong_path_of_the_source_is_one_sentence(project: Project, tmp_path: Path, there: bool) -> None:
    project.sync("migrate")
    path = tmp_path / "nowhere.duckdb"
    if there:
        duckdb.connect(str(path)).close()
    project.env["ORDERS_SOURCE"] = str(path)
    said = project.dbt(*BUILD, ok=False)
    expected = (
        "doesn't exist in the database orders_source" if there else f"ORDERS_SOURCE names {path}, where no file is"
    )
    assert expected in said
