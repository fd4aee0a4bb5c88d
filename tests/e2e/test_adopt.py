"""Day zero: a board that people filled by hand is taken over; the first push after it makes only what was missing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from emulator.config import Config
from emulator.faults import Fault
from emulator.server import running
from samples.orders import orders as sample_orders
from tests.builds import Dbt
from tests.conftest import new_project
from tests.e2e.day_two import Pushed, base_orders, order
from tests.e2e.strangers import Handmade, Stranger, copy_of
from tests.oracle.board import read_board
from tests.oracle.compare import compare
from tests.oracle.expected import Expected, Order, expect
from tests.stores import Engine, Kept
from tests.support import ROOT, Project

BOARD_ID = 9200517329
WRITE = "change_multiple_column_values"
SHARED = "select ORDER_KEY, COLOR, MONDAY_ITEM_ID from MON_CustMasterSchedule where ORDER_KEY like 'GRE-SHARED%'"
CONFIRMED = "select ORDER_KEY, MONDAY_ITEM_ID from MON_CustMasterSchedule"


def prepare(engine: Engine, folder: Path, dbt_here: Dbt, rows: Any) -> Kept:
    """Tables with these orders, migrated and built, and never pushed."""
    project = Project(folder, folder / "target", place=engine.empty(folder))
    project.fill(rows)
    project.sync("migrate")
    assert dbt_here.build(project.environment(), {}, tests=False).success
    return engine.keep(project.store)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, engine: Engine, dbt_here: Dbt) -> Kept:
    """The orders that the board of `pushed` shows, in a database that was never pushed."""
    return prepare(engine, tmp_path_factory.mktemp("plain"), dbt_here, base_orders())


@pytest.fixture
def begin(tmp_path: Path, plain: Kept, monday: Callable[..., Any]) -> Callable[..., Project]:
    """Makes a project on an empty board that has the key column, whose Monday meets the given faults."""

    def make(*faults: Fault, kept: Kept | None = None, **config: Any) -> Project:
        config = {"with_order_key": True} | config
        server = monday(faults=list(faults), **config)
        project = new_project(tmp_path, tmp_path / "target", server, (kept or plain).copy(tmp_path))
        project.env |= {"MONDAY_SETTLE_SECONDS": "0.5", "MONDAY_TIMEOUT_SECONDS": "5", "SYNC_ROWS_PER_REQUEST": "10"}
        return project

    return make


@pytest.fixture
def stranger() -> Iterator[Callable[[Project], Stranger]]:
    """Somebody who works on the project's board by hand."""
    at_work: list[Stranger] = []

    def make(project: Project) -> Stranger:
        at_work.append(Stranger(project.monday.url, project.monday.token))
        return at_work[-1]

    yield make
    for each in at_work:
        each.close()


@pytest.fixture
def build(dbt_here: Dbt) -> Callable[[Project], None]:
    """``dbt build`` without tests."""

    def work(project: Project) -> None:
        assert dbt_here.build(project.environment(), {}, tests=False).success

    return work


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory, engine: Engine, dbt_here: Dbt) -> Kept:
    """Sample orders with all their oddities."""
    return prepare(engine, tmp_path_factory.mktemp("samples"), dbt_here, sample_orders(150, 4))


def source(project: Project) -> Expected:
    """What the board should show, by an oracle that shares no code with the models."""
    return expect(project.sql("select * from ORDERS_UNIFIED"))


def own_numbers(expected: Expected) -> list[Order]:
    """Orders whose number, style and colour are theirs alone, by key."""
    shared = Counter((order.values["AAG ORDER NUMBER"] or "").upper() for order in expected.orders.values())
    return [
        order
        for _, order in sorted(expected.orders.items())
        if shared[(order.values["AAG ORDER NUMBER"] or "").upper()] == 1
    ]


def made(project: Project, since: int) -> Counter[str]:
    """Mutations carried out since, by operation."""
    return Counter(done.operation for done in project.monday.history[since:])


def tables(project: Project) -> dict[str, int]:
    """How many rows stand in every table that sync writes, but for the pulled board."""
    pulled = ("MON_BoardPulls", "MON_BoardItems", "MON_BoardSubitems")
    names = [name for name in project.tables() if name.startswith("MON_") and name not in pulled]
    return {name: project.sql(f'select count(*) as n from "{name}"')[0]["n"] for name in names}


def test_a_board_filled_by_hand_is_taken_over(
    begin: Callable[..., Project],
    stranger: Callable[[Project], Stranger],
    build: Callable[[Project], None],
    samples: Kept,
) -> None:
    project = begin(kept=samples)
    expected = source(project)
    orders = own_numbers(expected)
    sized = [order for order in orders if len(order.sizes) >= 3 and order.values["ORDER TYPE"] != "CANCELLED"]
    plain = [order for order in orders if order not in sized]
    assert len(sized) > 12
    assert len(plain) > 12
    someone = stranger(project)

    equal = [*sized[:3], *plain[:3]]
    differing, regrouped, renamed = sized[3], sized[4], sized[5]
    fewer, other_quantity, one_more, unlabelled = sized[6], sized[7], sized[8], sized[9]
    by_name, other_case = plain[4], plain[5]
    hands = {order.key: copy_of(order) for order in [*equal, differing, regrouped, renamed, fewer, other_quantity,
                                                     one_more, unlabelled, by_name, other_case]}  # fmt: skip
    hands[differing.key].cells |= {"DESTINATION": "somewhere else", "CUSTOMER PRICE": "1234.5", "NOTES": None}
    hands[regrouped.key].group = "Where people put it"
    hands[renamed.key].name = "renamed by a planner"
    dropped = hands[fewer.key].sizes.pop()
    name, label, _ = hands[other_quantity.key].sizes[0]
    hands[other_quantity.key].sizes[0] = (name, label, "77")
    hands[one_more.key].sizes.append(("Size 99X", "99X", "5"))
    name, _, quantity = hands[unlabelled.key].sizes[0]
    hands[unlabelled.key].sizes[0] = (name, None, quantity)
    hands[unlabelled.key].sizes.append(("Sample for the fair", None, None))
    for title in ("AAG ORDER NUMBER", "STYLE", "COLOR"):
        hands[by_name.key].cells[title] = None
    for title in ("AAG ORDER NUMBER", "STYLE", "CUSTOMER"):
        hands[other_case.key].cells[title] = (hands[other_case.key].cells[title] or "").lower()
    ids = dict(zip(hands, someone.make(list(hands.values())), strict=True))
    extra = someone.make([Handmade("to do", "Where people put it", {}), Handmade("another", "New orders", {})])

    # looking changes nothing
    before, written = tables(project), len(project.monday.history)
    look = project.sync("board", "adopt")
    assert look["changed"] is False
    assert (look["items"], look["keys"], look["unmatched_items"]) == (len(ids), len(ids), len(extra))
    assert look["by_rule"] == {"order number, style, colour": len(ids) - 1, "item name": 1}
    assert sum(row["items"] for row in look["by_customer"]) == len(ids)
    assert {row["item_id"] for row in look["unmatched"]} == set(extra)
    assert tables(project) == before
    assert len(project.monday.history) == written

    done = project.sync("board", "adopt", "--yes")
    assert done["changed"] is True
    assert (done["items"], done["ambiguous"], done["keys_failed"], done["keys_left"]) == (len(ids), 0, 0, 0)
    assert set(made(project, written)) == {"change_multiple_column_values"}
    confirmed = project.sql(CONFIRMED)
    assert {row["ORDER_KEY"]: row["MONDAY_ITEM_ID"] for row in confirmed} == ids
    board = someone.read()
    assert {item.key: int(item.id) for item in board.items if item.key} == ids
    assert project.sql("select count(*) as n from MON_ApiRequests where OUTCOME is null")[0]["n"] == 0
    assert project.sql("select count(*) as n from MON_RowClaims")[0]["n"] == 0

    # the build stages what differs, column by column, and nothing where all is equal
    build(project)
    changes = {
        row["ORDER_KEY"]: json.loads(row["CHANGED_COLUMNS"])
        for row in project.sql("select * from STG_MON_CustMasterSchedule where CHANGE_TYPE = 'UPDATE'")
    }
    wanted: dict[str, list[str]] = {
        differing.key: [title for title in ("DESTINATION", "NOTES", "CUSTOMER PRICE")
                        if title != "NOTES" or differing.values["NOTES"] is not None],
        regrouped.key: ["GROUP_NAME"],
        renamed.key: ["ITEM_NAME"],
        by_name.key: ["AAG ORDER NUMBER", "STYLE", "COLOR"],
        # text is equal to the letter only; labels in any case
        other_case.key: ["AAG ORDER NUMBER"] if other_case.key.lower() != other_case.key else [],
    }  # fmt: skip
    assert changes == {key: columns for key, columns in wanted.items() if columns}
    created = {row["ORDER_KEY"] for row in project.sql(
        "select ORDER_KEY from STG_MON_CustMasterSchedule where CHANGE_TYPE = 'CREATE'")}  # fmt: skip
    assert created == set(expected.orders) - set(ids)
    sizes = {
        (row["ORDER_KEY"], row["SIZE_LABEL"]): (row["CHANGE_TYPE"], row["ORDER_QTY"])
        for row in project.sql("select * from STG_MON_CustMasterSchedule_Subitems")
        if row["ORDER_KEY"] in ids
    }
    assert sizes == {
        (fewer.key, dropped[1]): ("CREATE", int(dropped[2] or 0)),
        (other_quantity.key, label): ("UPDATE", other_quantity.sizes[str(label)]),
        (one_more.key, "99X"): ("UPDATE", 0),
    }

    # the first push makes only what was missing, and then the board is the source
    written = len(project.monday.history)
    push = project.sync("push", "--batch")
    assert push["failed"] == 0
    assert push["items_created"] == len(created)
    assert made(project, written)["create_item"] == len(created)
    found = compare(expected, someone.read(), ours_only=True)
    # the size that isn't the order's shows 0, and what is no size at all is left alone
    assert sorted((each.what, each.key, each.field, each.actual) for each in found) == sorted(
        [
            ("unknown subitem", one_more.key, "Size 99X", "0"),
            ("unknown subitem", unlabelled.key, "Sample for the fair", None),
        ]
    )

    build(project)
    assert project.staged() == 0
    again = project.sync("board", "adopt", "--yes")
    assert (again["items"], again["keys"], again["known"]) == (0, 0, len(expected.orders))


def test_after_the_database_was_lost(
    tmp_path: Path, plain: Kept, pushed: Pushed, build: Callable[[Project], None]
) -> None:
    state = tmp_path / "board.json"
    state.write_bytes(pushed.board.read_bytes())
    with running(Config(state_file=state).without_limits()) as monday:
        project = new_project(tmp_path, tmp_path / "target", monday, plain.copy(tmp_path))
        adopted = project.sync("board", "adopt", "--yes")
        orders = len(source(project).orders)
        assert adopted["by_rule"] == {"order key": orders}
        assert (adopted["items"], adopted["equal"], adopted["keys"]) == (orders, orders, 0)
        build(project)
        assert project.staged() == 0
        push = project.sync("push", "--batch")
        assert push["succeeded"] == push["failed"] == 0
        assert project.monday.history == []
        assert compare(source(project), read_board(monday.url, monday.token, BOARD_ID)) == []


@pytest.mark.parametrize("colours", [("NAVY", "WHITE"), ("NAVY", "WHITE", "AMBER")], ids=["one left", "one came, too"])
def test_orders_of_a_shared_number_keep_their_items_where_keys_are_given_anew(
    colours: tuple[str, ...], tmp_path: Path, pushed: Pushed, engine: Engine, dbt_here: Dbt,
    build: Callable[[Project], None],
) -> None:  # fmt: skip
    # ARCTIC left, so the build gives its key to another
    rows = [row for row in base_orders() if "GRE-SHARED" not in row]
    for colour, notes in zip(colours, ("since then", "ADDED 20.5.25", "new"), strict=False):
        rows.append(order("GRE-SHARED", sizes={"S": 1}, CUSTOMER_COLOUR_DESCRIPTION=colour, NOTES=notes))
    (tmp_path / "kept").mkdir()
    kept = prepare(engine, tmp_path / "kept", dbt_here, rows)
    state = tmp_path / "board.json"
    state.write_bytes(pushed.board.read_bytes())
    with running(Config(state_file=state).without_limits()) as monday:
        items = {item.key: int(item.id) for item in read_board(monday.url, monday.token, BOARD_ID).items}
        project = new_project(tmp_path, tmp_path / "target", monday, kept.copy(tmp_path))
        adopted = project.sync("board", "adopt", "--yes")
        assert (adopted["items"], adopted["subitems"], adopted["keys"]) == (len(items), 105, 0)
        build(project)
        push = project.sync("push", "--batch")
        assert (push["items_created"], push["items_updated"], push["failed"]) == (len(colours) - 2, 1, 0)
        shown = {row["ORDER_KEY"]: (row["COLOR"], row["MONDAY_ITEM_ID"]) for row in project.sql(SHARED)}
        new = shown.pop("GRE-SHARED#4", None)
        assert (new and new[0]) == (colours[2] if len(colours) > 2 else None)
        assert shown == {
            "GRE-SHARED": ("ARCTIC", items["GRE-SHARED"]),
            "GRE-SHARED#2": ("NAVY", items["GRE-SHARED#2"]),
            "GRE-SHARED#3": ("WHITE", items["GRE-SHARED#3"]),
        }
        build(project)
        assert project.staged() == 0


def filled(project: Project, someone: Stranger, leave: int = 2) -> dict[str, int]:
    """The board filled by hand with all orders but the last few; order key to item id."""
    orders = sorted(source(project).orders.values(), key=lambda each: each.key)
    orders = orders[: len(orders) - leave]
    return dict(zip([each.key for each in orders], someone.make([copy_of(each) for each in orders]), strict=True))


def whole(project: Project, someone: Stranger, ids: dict[str, int]) -> None:
    """The board is the source, every adopted item still stands for its order, and nothing is left open."""
    board = someone.read()
    assert compare(source(project), board) == []
    assert {item.key: int(item.id) for item in board.items if item.key in ids} == ids
    rest = project.sql(
        "select (select count(*) from MON_RowClaims) as claims,"
        ' (select count(*) from MON_ApiRequests where OUTCOME is null) as "open"'
    )[0]
    assert rest == {"claims": 0, "open": 0}


def killed(project: Project, *, when: Callable[[], bool]) -> None:
    """``board adopt --yes``, killed at a certain moment."""
    work = subprocess.Popen(
        [sys.executable, "-m", "sync", "board", "adopt", "--yes"], cwd=ROOT, env=project.environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not when():
        assert time.monotonic() < deadline
        assert work.poll() is None
        time.sleep(0.005)
    os.kill(work.pid, signal.SIGKILL)
    work.wait()


def test_killed_while_reading_nothing_has_happened(
    begin: Callable[..., Project], stranger: Callable[[Project], Stranger], build: Callable[[Project], None]
) -> None:
    project = begin()
    someone = stranger(project)
    ids = filled(project, someone)
    before, written = tables(project), len(project.monday.history)
    faults = project.monday.service.faults
    # the board is asked first, then the board of its subitems, then its items
    faults.add([Fault("slow", operation="boards", call=3, seconds=5.0)])
    killed(project, when=lambda: bool(faults.struck))
    assert tables(project) == before
    assert len(project.monday.history) == written
    project.sync("board", "adopt", "--yes")
    build(project)
    project.sync("push", "--batch")
    whole(project, someone, ids)


def test_asked_to_stop_while_reading_nothing_is_taken_over(
    begin: Callable[..., Project], stranger: Callable[[Project], Stranger]
) -> None:
    project = begin()
    stranger(project).make([copy_of(source(project).orders["GRE-01"])])
    before, faults = tables(project), project.monday.service.faults
    faults.add([Fault("slow", operation="boards", call=3, seconds=0.5)])
    work = subprocess.Popen(
        [sys.executable, "-m", "sync", "board", "adopt", "--yes"], cwd=ROOT, env=project.environment(),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not faults.struck:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    work.terminate()
    said, _ = work.communicate(timeout=60)
    assert work.returncode == 3
    assert "Nothing was taken over" in said
    assert tables(project) == before


@pytest.mark.parametrize(
    ("after", "again"), [(1, False), (14, True), (30, False)], ids=["pushed at once", "adopted again", "almost done"]
)
def test_killed_while_writing_keys_nothing_is_made_twice(
    after: int, again: bool, begin: Callable[..., Project], stranger: Callable[[Project], Stranger],
    build: Callable[[Project], None],
) -> None:  # fmt: skip
    project = begin(write_ms=4)
    someone = stranger(project)
    ids = filled(project, someone)
    written = len(project.monday.history)
    killed(project, when=lambda: made(project, written)[WRITE] >= after)
    time.sleep(0.3)
    project.leases_end()
    if not again:
        push = project.sync("push", "--batch")
        assert push["items_created"] == len(source(project).orders) - len(ids)
    project.sync("board", "adopt", "--yes")
    build(project)
    project.sync("push", "--batch")
    whole(project, someone, ids)
    assert made(project, written)["create_item"] == len(source(project).orders) - len(ids)


LOST = (
    Fault("drop_after", operation=WRITE, call=1),
    Fault("status_before", operation=WRITE, call=2, status=500),
    Fault("cut_after", operation=WRITE, call=3, alias=3),
    Fault("garbage", operation=WRITE, call=4),
)
WAITS = (
    Fault("drop_before", operation=WRITE, call=1),
    Fault("refuse", operation=WRITE, call=2, status=429, retry_after=1, code="MINUTE_RATE_LIMIT_EXCEEDED", message="x"),
)


@pytest.mark.parametrize("faults", [LOST, WAITS], ids=["lost answers", "waits"])
def test_every_key_arrives_in_spite_of(
    faults: tuple[Fault, ...], begin: Callable[..., Project], stranger: Callable[[Project], Stranger],
    build: Callable[[Project], None],
) -> None:  # fmt: skip
    project = begin()
    someone = stranger(project)
    ids = filled(project, someone)
    project.monday.service.faults.add(faults)
    answer = project.sync("board", "adopt", "--yes")
    assert len(project.monday.service.faults.struck) == len(faults)
    assert (answer["keys"], answer["keys_failed"], answer["keys_left"]) == (len(ids), 0, 0)
    build(project)
    project.sync("push", "--batch")
    whole(project, someone, ids)


def test_a_key_that_is_refused_is_named_and_comes_the_next_time(
    begin: Callable[..., Project], stranger: Callable[[Project], Stranger]
) -> None:
    project = begin()
    someone = stranger(project)
    ids = filled(project, someone)
    project.monday.service.faults.add(
        [Fault("refuse_row", operation=WRITE, alias=2, code="ColumnValueException", message="no", status=200)]
    )
    answer = project.sync("board", "adopt", "--yes", exit_code=3)
    assert (answer["items"], answer["keys"], answer["keys_failed"]) == (len(ids), len(ids) - 1, 1)
    answer = project.sync("board", "adopt", "--yes")
    assert (answer["items"], answer["keys"], answer["keys_failed"]) == (0, 1, 0)
    assert {item.key for item in someone.read().items} == set(ids)


def test_the_daily_quota_stops_the_keys_and_the_next_day_goes_on(
    begin: Callable[..., Project], stranger: Callable[[Project], Stranger]
) -> None:
    project = begin()
    someone = stranger(project)
    ids = filled(project, someone)
    project.monday.service.faults.add(
        [Fault("refuse", operation=WRITE, call=2, times=0, status=429, code="DAILY_LIMIT_EXCEEDED")]
    )
    answer = project.sync("board", "adopt", "--yes", exit_code=3)
    assert answer["items"] == len(ids)
    assert answer["keys"] + answer["keys_left"] == len(ids)
    assert answer["keys_left"] > 0
    project.monday.service.faults.clear()
    answer = project.sync("board", "adopt", "--yes")
    assert answer["keys_left"] == 0
    assert {item.key for item in someone.read().items} == set(ids)


def test_twins_are_left_to_people_who_write_their_keys(
    begin: Callable[..., Project], stranger: Callable[[Project], Stranger], build: Callable[[Project], None],
    engine: Engine, dbt_here: Dbt, tmp_path_factory: pytest.TempPathFactory,
) -> None:  # fmt: skip
    twins = [order("TWIN-1", sizes={"S": 1}, NOTES="first"), order("TWIN-1", sizes={"S": 1}, NOTES="second")]
    told_apart = [order("PAIR-1", PO_NUMBER="1"), order("PAIR-1", PO_NUMBER="2")]
    kept = prepare(engine, tmp_path_factory.mktemp("twins"), dbt_here, [*twins, *told_apart])
    project = begin(kept=kept)
    someone = stranger(project)
    ids = filled(project, someone, leave=0)
    answer = project.sync("board", "adopt", "--yes")
    assert (answer["items"], answer["ambiguous"], answer["ambiguous_orders"], answer["ambiguous_items"]) == (2, 1, 2, 2)
    assert answer["ambiguous_cases"][0]["orders"] == ["TWIN-1", "TWIN-1#2"]
    assert answer["ambiguous_cases"][0]["items"] == [ids["TWIN-1"], ids["TWIN-1#2"]]
    assert "2 items and 2 orders share order number, style and colour" in answer["ambiguous_cases"][0]["reason"]
    for key in ("TWIN-1", "TWIN-1#2"):
        someone.write(ids[key], "ORDER KEY", key)
    answer = project.sync("board", "adopt", "--yes")
    assert (answer["by_rule"], answer["ambiguous"]) == ({"order key": 2}, 0)
    build(project)
    assert project.staged() == 0
    whole(project, someone, ids)


def test_a_key_on_several_items_is_left_to_people_and_a_push_refused_until_then(
    begin: Callable[..., Project], stranger: Callable[[Project], Stranger], build: Callable[[Project], None]
) -> None:
    project = begin()
    someone = stranger(project)
    ids = filled(project, someone, leave=0)
    copy = someone.make([copy_of(source(project).orders["GRE-01"])])[0]
    for ident in (ids["GRE-01"], copy):
        someone.write(ident, "ORDER KEY", "GRE-01")
    for _ in range(2):
        answer = project.sync("board", "adopt", "--yes", exit_code=3)
        assert (answer["ambiguous_keys"], answer["ambiguous_items"]) == (1, 2)
        assert "1 key stands on several items" in answer["message"]
        assert "clear the key on all but the right item and adopt again" in answer["message"]
        assert "and push." not in answer["message"]
        assert "new items" not in answer["message"]
        build(project)
        assert "board adopt" in project.sync("push", "--batch", exit_code=1)["message"]
    someone.write(copy, "ORDER KEY", "")
    answer = project.sync("board", "adopt", "--yes")
    assert (answer["items"], answer["ambiguous"]) == (1, 0)
    assert {row["MONDAY_ITEM_ID"] for row in project.sql(CONFIRMED)} == set(ids.values())


def test_people_get_a_table_and_kestra_its_line(
    begin: Callable[..., Project], stranger: Callable[[Project], Stranger]
) -> None:
    project = begin()
    someone = stranger(project)
    someone.make([Handmade('::{"outputs": {"a": 1}}::', "New orders", {}), copy_of(source(project).orders["GRE-01"])])
    done = project.run("board", "adopt", "--kestra")
    assert done.returncode == 0, done.stderr
    assert "Nothing was changed; add --yes to take them over." in done.stdout
    assert "Items that match nothing" in done.stdout
    markers = [line for line in done.stdout.splitlines() if "::{" in line]
    assert len(markers) == 1
    assert json.loads(markers[0][2:-2])["outputs"]["items"] == 1


@pytest.mark.parametrize("yes", [[], ["--yes"]], ids=["looking", "taking over"])
def test_what_must_come_before_is_said_in_one_sentence(yes: list[str], begin: Callable[..., Project]) -> None:
    project = begin(with_order_key=False)
    assert "board create-columns" in refused(project, *yes)
    project.sql('drop table "STG_MON_CustMasterSchedule"')
    assert "dbt build" in refused(project, *yes)
    project.sql('drop table "MON_CustMasterSchedule"')
    assert "python -m sync migrate" in refused(project, *yes)
    del project.env["MONDAY_API_TOKEN"]
    assert "MONDAY_API_TOKEN" in refused(project, *yes)


def test_ids_of_another_board_are_never_mixed_in(begin: Callable[..., Project]) -> None:
    project = begin()
    project.sql(
        "insert into MON_CustMasterSchedule (ORDER_KEY, MONDAY_ITEM_ID, MONDAY_BOARD_ID) values ('GRE-01', 5, 4711)"
    )
    assert "4711" in refused(project, "--yes")


def refused(project: Project, *words: str) -> str:
    """The sentence of an adoption that must fail, with nothing written to the board."""
    done = project.run("board", "adopt", *words)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not project.monday.history
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    assert len(lines) == 1, done.stdout
    return lines[0]
