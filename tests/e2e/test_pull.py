"""The board in the database: every column of every item, what counts when a pull dies, and a part of it alone."""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emulator.config import BOARD_ID, SUBITEM_BOARD_ID
from emulator.faults import Fault
from sync.commands.pull import Pull
from sync.monday.meter import Clock
from sync.session import utc_now
from tests.conftest import new_project
from tests.stores import Engine, Kept
from tests.support import BUILD, ROOT, Project
from tests.sync.audited import open_audited

STATUS, CUT, NOTE, EX_FACTORY = "color_mkr5j5pp", "numeric_mkrbgdat", "text_mkr61hpz", "date_mkr57811"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Kept:
    """Tables with sample orders, built but never pushed."""
    folder = tmp_path_factory.mktemp("prepared")
    project = Project(folder, engine.target, place=engine.empty(folder))
    project.orders(40, seed=5)
    project.sync("migrate")
    project.dbt(*BUILD)
    return engine.keep(project.store)


@pytest.fixture
def pushed(tmp_path: Path, engine: Engine, prepared: Kept, monday: Callable[..., Any]) -> Callable[..., Project]:
    """Makes a project whose orders are all on the board of a Monday with these settings."""

    def make(*faults: Fault, **config: Any) -> Project:
        server = monday(with_order_key=True, faults=list(faults), **config)
        project = new_project(tmp_path, engine.target, server, prepared.copy(tmp_path))
        assert project.sync("push", "--batch")["failed"] == 0
        return project

    return make


def edit(project: Project, item: int, values: dict[str, Any], board: int = BOARD_ID) -> None:
    """A person changes cells."""
    with project.monday.lock:
        project.monday.state.change_values(board, item, json.dumps(values), True)


def landed(project: Project, name: str) -> dict[int, dict[str, Any]]:
    """The rows that count, by id."""
    id_ = "ITEM_ID" if name == "MON_BoardItems" else "SUBITEM_ID"
    rows = project.sql(
        f'select i.* from "{name}" as i inner join MON_BoardPulls as p on p.PULL_ID = i.PULL_ID'
        " where p.FINISHED_AT is not null"
    )
    assert len({row[id_] for row in rows}) == len(rows)
    return {row[id_]: row for row in rows}


@pytest.mark.parametrize("command", ["pull", "audit", "board check", "board adopt"])
def test_a_day_without_calls_needs_attention(pushed: Callable[..., Project], command: str) -> None:
    project = pushed()
    project.monday.service.faults.add([Fault("refuse", times=0, status=429, code="DAILY_LIMIT_EXCEEDED")])
    assert "daily quota" in project.sync(*command.split(), exit_code=3)["message"]


def test_every_column_is_landed(pushed: Callable[..., Project]) -> None:
    project = pushed()
    size = project.sql("select * from MON_CustMasterSchedule_Subitems order by ORDER_KEY, SIZE_LABEL")[0]
    order = project.sql("select * from MON_CustMasterSchedule where ORDER_KEY = ?", [size["ORDER_KEY"]])[0]
    edit(project, order["MONDAY_ITEM_ID"], {STATUS: {"label": "01 CONFIRMED"}, NOTE: 'a planner\'s "word"'})
    edit(project, size["MONDAY_SUBITEM_ID"], {CUT: "7"}, SUBITEM_BOARD_ID)
    answer = project.sync("pull")
    assert (answer["items"], answer["api_calls"]) == (40, 3)
    assert answer["complexity_used"] > 0
    items, subitems = landed(project, "MON_BoardItems"), landed(project, "MON_BoardSubitems")
    assert (len(items), len(subitems)) == (40, answer["subitems"])
    item = items[order["MONDAY_ITEM_ID"]]
    assert (item["ORDER_KEY"], item["ITEM_NAME"], item["GROUP_NAME"]) == (
        order["ORDER_KEY"], order["ITEM_NAME"], order["GROUP_NAME"],
    )  # fmt: skip
    assert item["PO NUMBER"] == order["PO NUMBER"]
    others = json.loads(item["OTHER_CELLS"])
    assert (others["ORDER STATUS"], others["matchAlias"]) == ("01 CONFIRMED", 'a planner\'s "word"')
    assert item["STATE"] == "active"
    assert str(item["ITEM_ID"]) in item["ADDRESS"]
    assert item["CREATED_AT"] <= item["UPDATED_AT"]
    below = subitems[size["MONDAY_SUBITEM_ID"]]
    assert (below["SIZE_LABEL"], below["ITEM_ID"]) == (size["SIZE_LABEL"], order["MONDAY_ITEM_ID"])
    assert float(below["ORDER_QTY"]) == size["ORDER_QTY"]
    assert json.loads(below["OTHER_CELLS"])["Cut Qty"] == "7"


def test_the_next_pull_takes_the_place_of_the_last(pushed: Callable[..., Project]) -> None:
    project = pushed()
    gone, moved = project.sql(
        "select distinct MONDAY_PARENT_ITEM_ID as MONDAY_ITEM_ID from MON_CustMasterSchedule_Subitems order by 1"
    )[:2]
    first = project.sync("pull")
    with project.monday.lock:
        project.monday.state.retire_item(gone["MONDAY_ITEM_ID"], "archived")
        project.monday.state.retire_item(moved["MONDAY_ITEM_ID"], "deleted")
    project.sync("pull")
    items = landed(project, "MON_BoardItems")
    assert items[gone["MONDAY_ITEM_ID"]]["STATE"] == "archived", "asked for by its id"
    assert sum(item["STATE"] == "active" for item in items.values()) == 38
    left = project.sql("select distinct PULL_ID from MON_BoardItems")
    assert len(left) == 1
    assert left[0]["PULL_ID"] != first["pull_id"]
    assert len(landed(project, "MON_BoardSubitems")) < first["subitems"]


def test_a_selection_replaces_its_orders_alone(pushed: Callable[..., Project]) -> None:
    project = pushed()
    orders = project.sql("select * from MON_CustMasterSchedule order by ORDER_KEY")
    [(customer, _)] = Counter(row["SOURCE_CUSTOMER"] for row in orders).most_common(1)
    own = [row for row in orders if row["SOURCE_CUSTOMER"] == customer]
    other = next(row for row in orders if row["SOURCE_CUSTOMER"] != customer)
    whole = project.sync("pull")
    for row in (own[0], other):
        edit(project, row["MONDAY_ITEM_ID"], {NOTE: "new"})
    with project.monday.lock:
        project.monday.state.retire_item(own[-1]["MONDAY_ITEM_ID"], "archived")
    part = project.sync("pull", "--customer", f" {customer.lower()} ")
    assert part["items"] == len(own) - 1
    items = landed(project, "MON_BoardItems")
    assert len(items) == 40
    assert {id_ for id_, item in items.items() if item["PULL_ID"] == part["pull_id"]} == {
        row["MONDAY_ITEM_ID"] for row in own
    }
    assert json.loads(items[own[0]["MONDAY_ITEM_ID"]]["OTHER_CELLS"])["matchAlias"] == "new"
    assert "matchAlias" not in json.loads(items[other["MONDAY_ITEM_ID"]]["OTHER_CELLS"])
    assert items[own[-1]["MONDAY_ITEM_ID"]]["STATE"] == "archived"
    assert items[other["MONDAY_ITEM_ID"]]["PULL_ID"] == whole["pull_id"]
    number = next(row["PO NUMBER"] for row in orders if row["PO NUMBER"])
    assert project.sync("pull", "--po", number)["items"] == sum(
        (row["PO NUMBER"] or "").upper() == number.upper() for row in orders
    )
    assert "the nearest are" in project.sync("pull", "--po", "no such number", exit_code=2)["message"]


def test_the_documented_queries_answer(pushed: Callable[..., Project]) -> None:
    project = pushed()
    size = project.sql("select * from MON_CustMasterSchedule_Subitems where ORDER_QTY > 0 order by ORDER_KEY")[0]
    item = size["MONDAY_PARENT_ITEM_ID"]
    edit(project, item, {STATUS: {"label": "01 CONFIRMED"}, EX_FACTORY: {"date": "2020-01-02"}})
    edit(project, size["MONDAY_SUBITEM_ID"], {CUT: str(size["ORDER_QTY"] + 1)}, SUBITEM_BOARD_ID)
    project.sync("pull")
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8").partition("## The board in the database")[2]
    late, status, above = (
        project.sql(found) for found in re.findall(r"```sql\n(.*?)```", text.partition("\n## ")[0], re.DOTALL)
    )
    assert late[0]["ORDER_KEY"] == size["ORDER_KEY"]
    assert str(item) in late[0]["ADDRESS"]
    assert sum(row["ORDERS"] for row in status) == 40
    assert [row["CUT"] for row in status if row["ORDER STATUS"] == "01 CONFIRMED"] == [size["ORDER_QTY"] + 1]
    assert [(row["ORDER_KEY"], row["SIZE_LABEL"]) for row in above] == [(size["ORDER_KEY"], size["SIZE_LABEL"])]


def test_a_pull_that_dies_leaves_nothing_that_counts(pushed: Callable[..., Project]) -> None:
    project = pushed()
    project.sync("pull")
    before = landed(project, "MON_BoardItems")
    order = project.sql("select * from MON_CustMasterSchedule order by ORDER_KEY")[0]
    with project.monday.lock:
        project.monday.state.retire_item(order["MONDAY_ITEM_ID"], "deleted")
        project.monday.service.faults.add([Fault("slow", operation="items", seconds=60.0)])
    running = subprocess.Popen(
        [sys.executable, "-m", "sync", "pull"], cwd=ROOT, env=project.environment(), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not project.monday.service.faults.struck:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    running.kill()
    running.wait()
    assert landed(project, "MON_BoardItems") == before
    assert len(project.sql("select distinct PULL_ID from MON_BoardItems")) == 2
    project.monday.service.faults.clear()
    answer = project.sync("pull")
    assert len(project.sql("select distinct PULL_ID from MON_BoardItems")) == 1
    assert [row["PULL_ID"] for row in project.sql("select PULL_ID from MON_BoardPulls where FINISHED_AT is null")] == []
    assert landed(project, "MON_BoardItems")[order["MONDAY_ITEM_ID"]]["STATE"] == "deleted"
    assert answer["items"] == 39


def days_off(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    """The machine's clock is so many days ahead."""
    monkeypatch.setattr(Clock, "now", lambda clock: dt.datetime.now(dt.UTC) + dt.timedelta(days))


def test_a_pull_under_a_clock_that_was_ahead_hides_no_later_one(
    pushed: Callable[..., Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = pushed()
    with monkeypatch.context() as patched:
        days_off(patched, 365)
        assert project.sync("audit")["agree"] is True
    order = project.sql("select * from MON_CustMasterSchedule order by ORDER_KEY")[0]
    with project.monday.lock:
        project.monday.state.retire_item(order["MONDAY_ITEM_ID"], "archived")
    for _ in range(2):
        assert project.sync("audit", exit_code=3)["missing_items"] == 1
        assert len(project.sql("select ITEM_ID from MON_BoardItems")) == 40
    part = project.sync("pull", "--customer", order["SOURCE_CUSTOMER"])
    assert part["items"] == sum(
        item["PULL_ID"] == part["pull_id"] and item["STATE"] == "active"
        for item in landed(project, "MON_BoardItems").values()
    )


@pytest.mark.files_only("two pulls take turns on one connection")
def test_of_two_pulls_at_once_the_one_that_began_later_counts(
    tmp_path: Path, engine: Engine, prepared: Kept, monday: Callable[..., Any]
) -> None:
    project = new_project(tmp_path, engine.target, monday(with_order_key=True), prepared.copy(tmp_path))
    with open_audited(project.database, project.monday) as desk:
        items = [desk.item("K-1"), desk.item("K-2")]
        first = Pull(desk.session, desk.reader, desk.board(), now=lambda: utc_now() + dt.timedelta(hours=1))
        later = Pull(desk.session, desk.reader, desk.board())

        def meanwhile(*_: object) -> None:
            desk.server.state.retire_item(items[0], "archived")
            later.carry_out(desk.progress)

        first.carry_out(meanwhile)
        assert [row["PULL_ID"] for row in desk.sql("select PULL_ID from MON_BoardPulls")] == [later.id]
        counting = "select ITEM_ID from MON_BoardItems where PULL_ID in (select PULL_ID from MON_BoardPulls)"
        assert [row["ITEM_ID"] for row in desk.sql(counting)] == [items[1]]


def test_what_a_dead_pull_landed_under_a_clock_that_was_ahead_is_removed(
    pushed: Callable[..., Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = pushed()
    with monkeypatch.context() as patched:
        days_off(patched, 365)
        patched.setattr(Pull, "_ask_again", dies)
        with pytest.raises(ZeroDivisionError):
            project.attempt("pull")
    assert len(project.sql("select ITEM_ID from MON_BoardItems")) == 40
    done = project.sync("pull")
    for name in ("MON_BoardItems", "MON_BoardPulls"):
        assert [row["PULL_ID"] for row in project.sql(f"select distinct PULL_ID from {name}")] == [done["pull_id"]]


def dies(pull: Pull) -> None:
    """Stands for what ends a pull in its midst."""
    raise ZeroDivisionError
