"""Board against database: every way to disagree is told, and put right by a repair, a build and a push."""

from __future__ import annotations

import csv
import json
import os
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
from tests.conftest import new_project
from tests.oracle.board import read_board
from tests.stores import Engine, Kept, Row
from tests.support import BUILD, ROOT, Project

SIZE, QUANTITY, KEY = "dropdown_mkrak7qp", "numeric_mkra7j8e", "order_key"
PO, RECEIVED, SEASON, PATTERN = "text_mkr5ej2x", "date_mkr5zp5", "dropdown_mkr58de6", "text_mkr5cz8m"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Kept:
    """Tables with sample orders, built but never pushed."""
    folder = tmp_path_factory.mktemp("prepared")
    project = Project(folder, engine.target, place=engine.empty(folder))
    project.orders(60, seed=5)
    project.sync("migrate")
    project.dbt(*BUILD)
    return engine.keep(project.store)


@pytest.fixture
def start(tmp_path: Path, engine: Engine, prepared: Kept, monday: Callable[..., Any]) -> Callable[..., Project]:
    """Makes a project whose Monday meets the given faults."""

    def make(*faults: Fault, **config: Any) -> Project:
        server = monday(with_order_key=True, faults=list(faults), **config)
        project = new_project(tmp_path, engine.target, server, prepared.copy(tmp_path))
        project.env |= {"MONDAY_SETTLE_SECONDS": "0.5", "MONDAY_TIMEOUT_SECONDS": "5"}
        return project

    return make


@pytest.fixture
def pushed(start: Callable[..., Project]) -> Project:
    """A project whose orders are all on the board."""
    project = start()
    assert project.sync("push", "--batch")["failed"] == 0
    return project


class Person:
    """Does on the board what people do there."""

    def __init__(self, project: Project) -> None:
        self._state, self._lock = project.monday.state, project.monday.lock

    def edit(self, item: int, values: dict[str, Any], board: int = BOARD_ID) -> None:
        with self._lock:
            self._state.change_values(board, item, json.dumps(values), True)

    def delete(self, item: int, state: str = "deleted") -> None:
        with self._lock:
            self._state.retire_item(item, state)

    def move(self, item: int, group: str) -> None:
        with self._lock:
            self._state.move_item(item, group)

    def make(self, name: str, group: str, values: dict[str, Any]) -> int:
        with self._lock:
            return int(self._state.create_item(BOARD_ID, name, group, json.dumps(values), True).id)

    def make_size(self, parent: int, label: str | None, quantity: str) -> int:
        values: dict[str, Any] = {QUANTITY: quantity} | ({SIZE: {"labels": [label]}} if label else {})
        with self._lock:
            return int(self._state.create_subitem(parent, f"Size {label}", json.dumps(values), True).id)

    def state(self, item: int) -> str:
        with self._lock:
            return str(self._state.items[item].state)


def orders(project: Project) -> list[Row]:
    """Confirmed orders with at least three sizes, by key."""
    counts = Counter(row["ORDER_KEY"] for row in project.sql("select ORDER_KEY from MON_CustMasterSchedule_Subitems"))
    rows = project.sql("select * from MON_CustMasterSchedule order by ORDER_KEY")
    return [row for row in rows if counts[row["ORDER_KEY"]] > 2]


def sizes(project: Project, key: str) -> list[Row]:
    return project.sql("select * from MON_CustMasterSchedule_Subitems where ORDER_KEY = ? order by SIZE_LABEL", [key])


def found(answer: Row, name: str) -> set[tuple[Any, ...]]:
    """The findings of a class: level, key, size or column, and what is noted."""
    return {
        (row["LEVEL"], row["ORDER_KEY"], row["COLUMN_NAME"] or row["SIZE_LABEL"], row["NOTE"])
        for row in answer["findings"][name]["rows"]
    }


def everything(project: Project) -> list[Any]:
    """All that an audit could have changed, on either side."""
    names = ("MON_CustMasterSchedule", "MON_CustMasterSchedule_Subitems", "MON_ApiRequests", "MON_RowClaims")
    tables = [sorted(map(str, project.sql(f'select * from "{name}"'))) for name in names]
    return [tables, len(project.monday.history), read_board(project.monday.url, project.monday.token, BOARD_ID)]


def test_they_agree_after_a_push(pushed: Project) -> None:
    before = everything(pushed)
    answer = pushed.sync("audit")
    assert answer["agree"] is True
    assert answer["items_on_board"] == answer["orders_confirmed"] == 60
    assert answer["subitems_on_board"] == answer["sizes_confirmed"] > 100
    assert answer["api_calls"] == 3, "both boards, and one page"
    assert everything(pushed) == before


def test_every_disagreement_is_told_and_put_right(pushed: Project) -> None:
    person = Person(pushed)
    deleted, archived, replaced, double, edited, sized, renamed, revived, forgotten = orders(pushed)[:9]
    other_group = next(row["MONDAY_GROUP_ID"] for row in orders(pushed) if row["GROUP_NAME"] != edited["GROUP_NAME"])

    person.delete(deleted["MONDAY_ITEM_ID"])
    person.delete(archived["MONDAY_ITEM_ID"], "archived")

    person.delete(replaced["MONDAY_ITEM_ID"])
    copy = person.make("a copy", replaced["MONDAY_GROUP_ID"], {KEY: replaced["ORDER_KEY"], PO: "elsewhere"})
    first = sizes(pushed, replaced["ORDER_KEY"])[0]
    copied_size = person.make_size(copy, first["SIZE_LABEL"], "1")

    surplus = person.make("second", double["MONDAY_GROUP_ID"], {KEY: double["ORDER_KEY"]})

    item = edited["MONDAY_ITEM_ID"]
    person.edit(item, {PO: "other po", RECEIVED: {"date": "2001-02-03"}, SEASON: {"labels": ["Another"]}, PATTERN: None,
                       "name": "by hand"})  # fmt: skip
    person.move(item, other_group)

    lost, more, changed, *_ = sizes(pushed, sized["ORDER_KEY"])
    person.delete(lost["MONDAY_SUBITEM_ID"])
    extra = person.make_size(sized["MONDAY_ITEM_ID"], more["SIZE_LABEL"].lower(), "3")
    person.edit(changed["MONDAY_SUBITEM_ID"], {QUANTITY: "99999", "name": "Grösse"}, SUBITEM_BOARD_ID)
    foreign_size = person.make_size(sized["MONDAY_ITEM_ID"], "by hand", "7")

    person.edit(renamed["MONDAY_ITEM_ID"], {KEY: double["ORDER_KEY"]})
    relabelled = sizes(pushed, renamed["ORDER_KEY"])[0]
    person.edit(relabelled["MONDAY_SUBITEM_ID"], {SIZE: {"labels": ["nonsense"]}}, SUBITEM_BOARD_ID)

    pushed.sql(
        "update MON_CustMasterSchedule set ARCHIVED_AT = current_timestamp where ORDER_KEY = ?", [revived["ORDER_KEY"]]
    )
    for name in ("MON_CustMasterSchedule", "MON_CustMasterSchedule_Subitems"):
        pushed.sql(f'delete from "{name}" where ORDER_KEY = ?', [forgotten["ORDER_KEY"]])
    person.make("a planner's own", edited["MONDAY_GROUP_ID"], {})

    before = everything(pushed)
    told = pushed.sync("audit", exit_code=3)
    assert everything(pushed) == before
    key = "ORDER_KEY"
    assert found(told, "missing") == {
        ("ITEM", deleted[key], None, "deleted"),
        ("ITEM", archived[key], None, "archived"),
        ("ITEM", replaced[key], None, f"item {copy} has its key"),
        ("SUBITEM", sized[key], lost["SIZE_LABEL"], None),
    }
    assert found(told, "double") == {
        ("ITEM", double[key], None, f"item {double['MONDAY_ITEM_ID']} stays"),
        ("SUBITEM", sized[key], more["SIZE_LABEL"], f"subitem {more['MONDAY_SUBITEM_ID']} stays"),
    }
    edits = {"PO NUMBER", "ORDER DATE PO RECEIVED", "AAG SEASON", "ITEM_NAME", "GROUP_NAME"}
    edits |= {"PATTERN ID"} if edited["PATTERN ID"] else set()
    assert found(told, "differing") == {("ITEM", edited[key], column, None) for column in edits} | {
        ("SUBITEM", sized[key], "ORDER_QTY", None),
        ("ITEM", renamed[key], "ORDER_KEY", None),
        ("SUBITEM", renamed[key], "SIZE_LABEL", None),
    }
    assert found(told, "archived") == {("ITEM", revived[key], None, "the tables say it was archived")}
    assert found(told, "unknown") == {
        ("ITEM", None, None, "no order key"),
        ("ITEM", replaced[key], None, "the item that its order had is gone"),
        ("ITEM", forgotten[key], None, "its order is staged for creation"),
        ("SUBITEM", sized[key], "BY HAND", "the tables do not know its size"),
    }
    assert found(told, "edited") == {("SUBITEM", sized[key], "SUBITEM_NAME", None)}
    [difference] = [row for row in told["findings"]["differing"]["rows"] if row["COLUMN_NAME"] == "PO NUMBER"]
    assert (difference["CONFIRMED"], difference["ON_BOARD"]) == (edited["PO NUMBER"], "other po")
    assert difference["MONDAY_ID"] == item

    writes = len(pushed.monday.history)
    mended = pushed.sync("audit", "--repair", "--ignore-unknown")
    assert mended["repaired_orders"] == 9
    assert (mended["surplus_recorded"], mended["keys_recorded"]) == (2, 2)
    assert len(pushed.monday.history) == writes, "a repair writes to the tables only"

    waiting = pushed.sync("audit", "--ignore-unknown")
    assert (waiting["double"], waiting["pending"]) == (0, 4), "what is recorded isn't told, or recorded, again"
    again = pushed.sync("audit", "--repair", "--ignore-unknown")
    assert (again["repaired_orders"], again["surplus_recorded"]) == (0, 0)

    pushed.dbt("run")
    staged = {row[key]: row for row in pushed.sql("select * from STG_MON_CustMasterSchedule")}
    assert {name: row["CHANGE_TYPE"] for name, row in staged.items()} == {
        deleted[key]: "CREATE", archived[key]: "CREATE", replaced[key]: "UPDATE", edited[key]: "UPDATE",
        forgotten[key]: "UPDATE",
    }  # fmt: skip
    hashes = {row[key] for row in pushed.sql("select ORDER_KEY from STG_MON_NewHashes")}
    assert revived[key] in hashes, "its cells are right: its hash alone is brought up to date"
    assert set(json.loads(staged[edited[key]]["CHANGED_COLUMNS"])) == edits
    of_sized = pushed.sql(
        "select SIZE_LABEL, CHANGE_TYPE from STG_MON_CustMasterSchedule_Subitems where ORDER_KEY = ?", [sized[key]]
    )
    assert {(row["SIZE_LABEL"], row["CHANGE_TYPE"]) for row in of_sized} == {
        (lost["SIZE_LABEL"], "CREATE"), (changed["SIZE_LABEL"], "UPDATE"),
    }  # fmt: skip
    assert pushed.sync("push", "--batch")["failed"] == 0

    after = pushed.sync("audit", "--ignore-unknown")
    assert after["agree"] is True
    assert {name: after[name] for name in ("unknown_items", "unknown_subitems", "edited", "pending")} == {
        "unknown_items": 1, "unknown_subitems": 1, "edited": 1, "pending": 0,
    }  # fmt: skip
    said = pushed.sync("audit", exit_code=3)["message"]
    assert "makes the next build stage" not in said, "what nobody knows isn't mended by a repair"
    assert "--ignore-unknown passes over the rest" in said
    assert after["items_on_board"] == 61
    assert pushed.sync("audit", exit_code=3)["unknown"] == 2
    assert [person.state(id_) for id_ in (surplus, extra)] == ["archived", "archived"]
    assert [person.state(id_) for id_ in (copy, copied_size, foreign_size)] == ["active"] * 3
    writes_of_edit = [done.operation for done in pushed.monday.history[writes:] if str(item) in done.ids]
    assert sorted(writes_of_edit) == ["change_multiple_column_values", "move_item_to_group"]
    rest = pushed.sql("select count(*) as n from MON_ApiRequests where OUTCOME is null")
    assert rest == [{"n": 0}]


def test_a_lost_creation_is_pending(start: Callable[..., Project]) -> None:
    project = start(Fault("drop_after", operation="create_item", call=1))
    project.env["MONDAY_SETTLE_SECONDS"] = "3600"
    project.env["SYNC_ROWS_PER_REQUEST"] = "10"
    push = subprocess.Popen(
        [sys.executable, "-m", "sync", "push", "--batch", "--skip-subitems"], cwd=ROOT, env=project.environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while sum(done.operation == "create_item" for done in project.monday.history) < 60:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.5)
    push.kill()
    push.wait()
    answer = project.sync("audit")
    assert answer["agree"] is True
    assert answer["pending_items"] >= 10
    assert answer["unknown"] == answer["missing"] == answer["double"] == 0
    assert {row["NOTE"] for row in answer["findings"]["pending"]["rows"]} == {"unknown"}
    repaired = project.sync("audit", "--repair")
    assert repaired["repaired_orders"] == 0
    project.env["MONDAY_SETTLE_SECONDS"] = "0.2"
    project.leases_end()
    assert project.sync("push", "--batch")["adopted"] >= 10
    settled = project.sync("audit")
    assert settled["agree"] is True
    assert settled["pending"] == 0


def test_much_at_once_is_not_repaired_by_accident(pushed: Project) -> None:
    person = Person(pushed)
    for row in orders(pushed)[:11]:
        person.delete(row["MONDAY_ITEM_ID"])
    before = everything(pushed)
    held = pushed.sync("audit", "--repair", exit_code=3)
    assert (held["held"], held["repaired_orders"], held["missing"]) == (11, 0, 11)
    assert "--max-percent" in held["message"]
    assert everything(pushed) == before
    assert pushed.sync("audit", "--repair", "--max-percent", "100")["repaired_orders"] == 11


def test_parked_deletions_stay(pushed: Project) -> None:
    first = orders(pushed)[0]
    Person(pushed).delete(first["MONDAY_ITEM_ID"])
    pushed.sql("update STG_MON_Build set ON_BOARD_DELETION = 'park'")
    left = pushed.sync("audit", "--repair", exit_code=3)
    assert (left["missing"], left["repaired_orders"]) == (1, 0)


def test_what_is_shown_and_written(pushed: Project, tmp_path: Path) -> None:
    person = Person(pushed)
    chosen = orders(pushed)[:6]
    for row in chosen:
        person.edit(row["MONDAY_ITEM_ID"], {PO: '=cmd|x\n::{"outputs":{}}::'})
    file = tmp_path / "all.csv"
    answer = pushed.sync("audit", "--limit", "2", "--csv", str(file), exit_code=3)
    assert answer["differing"] == answer["findings"]["differing"]["total"] == 6
    assert len(answer["findings"]["differing"]["rows"]) == 2
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["ORDER_KEY"] for row in rows] == sorted(row["ORDER_KEY"] for row in chosen)
    assert {row["ON_BOARD"] for row in rows} == {'\'=cmd|x\n::{"outputs":{}}::'}
    shown = pushed.run("audit", "--limit", "2")
    assert shown.returncode == 3
    assert "Differing: 6, the first 2" in shown.stdout
    assert "::" not in shown.stdout
    assert not shown.stderr

    customer = chosen[0]["SOURCE_CUSTOMER"]
    of_it = sum(row["SOURCE_CUSTOMER"] == customer for row in chosen)
    assert 0 < of_it < 6
    assert pushed.sync("audit", "--customer", f" {customer.lower()} ", exit_code=3)["differing"] == of_it
    assert "the nearest are" in pushed.sync("audit", "--customer", "nobody", exit_code=2)["message"]


def test_a_file_of_findings_stays_until_there_are_new_ones(pushed: Project, tmp_path: Path) -> None:
    file = tmp_path / "all.csv"
    file.write_text("of the last audit", encoding="utf-8")
    token = pushed.env["MONDAY_API_TOKEN"]
    pushed.env["MONDAY_API_TOKEN"] = "wrong"
    assert pushed.run("audit", "--csv", str(file)).returncode == 1
    assert file.read_text(encoding="utf-8") == "of the last audit"
    pushed.env["MONDAY_API_TOKEN"] = token
    assert pushed.run("audit", "--csv", str(file)).returncode == 0
    assert file.read_text(encoding="utf-8").startswith("CLASS,")
    assert pushed.run("audit", "--csv", os.devnull).returncode == 0


def test_an_unwritable_file_is_said_before_anything_is_read(pushed: Project, tmp_path: Path) -> None:
    done = pushed.run("audit", "--csv", str(tmp_path / "none" / "all.csv"))
    assert done.returncode == 2
    assert "can't be written" in done.stdout


@pytest.mark.parametrize("words", [("audit", "--csv"), ("report", "--output")])
def test_a_file_without_a_name(pushed: Project, words: tuple[str, str]) -> None:
    done = pushed.run(*words, "")
    assert (done.returncode, f"{words[1]} away" in done.stderr) == (2, True)


def test_a_page_goes_where_a_link_leads_and_replaces_no_pipe(pushed: Project, tmp_path: Path) -> None:
    page, link, pipe, loop = (tmp_path / name for name in ("page.html", "link.html", "pipe", "loop"))
    page.write_text("old", encoding="utf-8")
    link.symlink_to(page.name)
    loop.symlink_to(loop.name)
    os.mkfifo(pipe)
    pushed.sync("report", "--output", str(link))
    assert (link.is_symlink(), "<html" in page.read_text(encoding="utf-8")) == (True, True)
    assert "(it is no regular file)" in pushed.sync("report", "--output", str(pipe), exit_code=1)["message"]
    assert pipe.is_fifo()
    assert "can't be written" in pushed.sync("report", "--output", str(loop), exit_code=1)["message"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_is_said_before_anything_is_repaired(pushed: Project) -> None:
    Person(pushed).delete(orders(pushed)[0]["MONDAY_ITEM_ID"])
    before = everything(pushed)
    said = pushed.sync("audit", "--repair", "--csv", "/dev/full", exit_code=2)["message"]
    assert "The file /dev/full can't be written (No space left on device)" in said
    assert everything(pushed) == before


def test_what_a_repair_says_of_copies_and_of_items_on_another_board(pushed: Project) -> None:
    first, second = orders(pushed)[:2]
    Person(pushed).make_size(first["MONDAY_ITEM_ID"], sizes(pushed, first["ORDER_KEY"])[0]["SIZE_LABEL"], "3")
    with pushed.monday.lock:
        other = pushed.monday.state.copy_board(BOARD_ID).id
        pushed.monday.state.move_to_board(second["MONDAY_ITEM_ID"], other)
    said = pushed.sync("audit", "--repair", exit_code=3)["message"]
    assert "1 surplus copy to archive waits" in said
    assert "1 item is on another board: move it back." in said
    assert "Left as" not in said


def test_what_cannot_be_audited(pushed: Project) -> None:
    with pushed.monday.lock:
        del pushed.monday.state.boards[BOARD_ID].columns[PO]
    answer = pushed.sync("audit", exit_code=1)
    assert "PO NUMBER" in answer["message"]
    pushed.env["MONDAY_BOARD_ID"] = "4711"
    assert "4711" in pushed.sync("audit", exit_code=1)["message"]
