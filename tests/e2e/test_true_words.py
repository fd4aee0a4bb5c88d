"""What the commands say of a full board, other batches, open requests, refused orders and runs at work is so."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from emulator.config import BOARD_ID
from emulator.faults import Fault
from sync.commands.adopt import adopt
from sync.commands.push import push
from sync.push.plan import CREATE, ITEM, WorkRow, unanswered
from sync.push.summary import Options
from tests.e2e.day_two import GREYSON, PELOTON, DayTwo, order
from tests.faults.points import Killed, Point, Points
from tests.faults.prepare import built
from tests.faults.world import EVERYTHING, LONGEST_RUN, Prepared, Setting, World, cached
from tests.stores import Engine


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Prepared:
    """20 orders, built, and an empty board."""
    return built(engine, tmp_path_factory.mktemp("words"), 20, seed=4)


@pytest.fixture
def world(state: Prepared, tmp_path: Path) -> World:
    """A world on that state."""
    return World(state, tmp_path, Setting(rows_per_request=5, workers=1))


def killing(what: str, where: str, nth: int) -> Points:
    """The run dies at its n-th such place; one without a name is counted over all."""
    passed = 0

    def act(point: Point) -> None:
        nonlocal passed
        passed += point.what == what and where in ("", point.where)
        if passed == nth:
            raise Killed

    return Points(act)


# ---------- a full board


def test_a_dry_run_counts_what_finds_room(two: DayTwo) -> None:
    board = two.state.boards[BOARD_ID]
    board.items_limit = board.active_items + 3
    two.add(*(
        order(f"NEW-{at}", PELOTON if at > 2 else GREYSON, {"S": 1, "M": at + 1}, CUSTOMER_SEASON=f"SPRING 3{at}",
              AAG_SEASON=f"SPRING 3{at}", ORDER_DATE_PO_RECEIVED=dt.date(2025, 6, 30 - at))
        for at in range(8)
    ))  # fmt: skip
    two.edit("GRE-01", {"S": 9}, NOTES="REVISED")
    two.build()
    few = two.push("--batch", "--limit", "2", "--dry-run")
    assert (few["items_to_create"] + few["items_to_update"], few["items_left"]) == (2, 2)
    plan = two.push("--batch", "--dry-run")
    done = two.push(exit_code=3)
    assert (plan["items_to_create"], plan["items_without_room"]) == (3, 5)
    for name in ("items", "subitems"):
        assert plan[f"{name}_to_create"] == done[f"{name}_created"]
        assert plan[f"{name}_to_update"] == done[f"{name}_updated"]
    assert plan["groups_to_create"] == done["groups_created"] == 3
    assert plan["writes"] == len(two.written())
    assert (
        "has no room for 5 more items: the newest stay staged. 10 sizes wait for orders that can't" in plan["message"]
    )
    nothing = two.push("--batch", "--dry-run")
    assert nothing["message"].startswith("A push would send nothing. The board has no room for 5 more items")
    # of what is left none was left for the limit
    limited = two.push("--batch", "--limit", "2", exit_code=3)
    assert (limited["items_left"], "--limit" in limited["message"]) == (5, False)


def test_status_and_order_know_that_the_board_was_full(two: DayTwo) -> None:
    board = two.state.boards[BOARD_ID]
    board.items_limit = board.active_items
    two.add(order("NEW-1"), order("NEW-2"))
    two.edit("GRE-01", NOTES="REVISED")
    two.build()
    assert "board was full" not in two.sync("status")["message"]
    assert "the next push carries it" in two.sync("order", "NEW-1")["message"]
    two.push(exit_code=3)
    said = "was full at the last push, and 2 orders are to be created: archive items or raise its limit, and push."
    help_ = "it is staged, and the board was full at the last push: archive items or raise its limit, and push."
    for _ in range(2):  # after the push, and after the next build
        assert said in two.sync("status")["message"]
        assert two.sync("order", "NEW-1")["message"] == f"NEW-1: {help_}"
        two.edit("GRE-02", NOTES="REVISED")
        two.build()
    assert "the next push carries it" in two.sync("order", "GRE-02")["message"]
    board.items_limit = 100_000
    two.push()
    assert "board was full" not in two.sync("status")["message"]


# ---------- a batch, a selection


def test_what_waits_outside_of_a_batch_is_said(two: DayTwo) -> None:
    two.add(order("OLD-1"))
    two.build()
    old = two.push()["batches"][0]["batch_id"]
    two.add(order("NEW-1", PELOTON, {"S": 1}), order("NEW-2", PELOTON, {"S": 1, "M": 1}))
    two.build()
    new = two.sql("select BATCH_ID from STG_MON_CustMasterSchedule")[0]["BATCH_ID"]
    outside = "2 orders and 3 sizes wait outside of it."
    for words, of in (
        ((old,), "batch"),
        ((new, "--customer", GREYSON), "selection"),
        ((old, "--po", "4755"), "selection"),
    ):
        assert two.push("--batch", *words)["message"] == f"There is nothing of this {of} to push. {outside}"
        plan = two.push("--batch", *words, "--dry-run")
        assert plan["message"] == f"A push would send nothing: nothing of this {of} is staged. {outside}"
    assert two.push("--batch", new)["items_created"] == 2
    assert two.push("--batch", new)["message"] == "There is nothing of this batch to push."
    assert two.push("--batch", "--dry-run")["message"] == "A push would send nothing: nothing is staged."


# ---------- what a dead run left open


def test_what_a_killed_run_left_open_counts_for_nothing_else(world: World) -> None:
    assert world.push(killing("answer", "create_item", 1), 1).exit_code is None
    world.store.leases_end()
    stop, runtime = threading.Event(), world.runtime(Points(), 2)
    (staged, sizes), (made,) = (
        [row["n"] for row in rows]
        for rows in (
            [*world.rows("select count(*) as n from STG_MON_CustMasterSchedule")[0],
             *world.rows("select count(*) as n from STG_MON_CustMasterSchedule_Subitems where ORDER_QTY > 0")[0]],
            world.rows("select count(*) as n from MON_ApiRequestRows where LEVEL = 'ITEM'")[0],
        )
    )  # fmt: skip
    with world.timeline.within(LONGEST_RUN), cached():
        plan = push(world.environment, Options(EVERYTHING, dry_run=True), stop=stop, runtime=runtime)
        first = adopt(world.environment, yes=False, stop=stop, runtime=runtime)
        taken = adopt(world.environment, yes=True, stop=stop, runtime=runtime)
    assert made == 5
    assert (plan.data["items_to_create"], plan.data["open_rows"]) == (staged - made, made)
    assert plan.data["subitems_to_create"] == sizes
    assert f"{made} rows are open from an earlier run: they settle first." in plan.message
    assert plan.data["notices"] == []
    held = f"{made} orders are held by an unfinished push and left to it: push, which settles what it left open."
    assert first.message.startswith("Would take over 0 items and 0 subitems")
    assert first.message.endswith(f"{held} Nothing was changed.")
    assert taken.message.startswith("Took over 0 items and 0 subitems")
    assert taken.message.endswith(held)
    for said in (first, taken):
        assert (said.data["items"], said.data["by_rule"], said.data["held_by_others"]) == (0, {}, made)
    done = world.push(Points(), 3)
    assert (done.exit_code, done.data["items_left"], done.data["adopted"]) == (0, 0, made)


def test_a_batch_is_never_seen_without_its_figures(world: World) -> None:
    """The run dies after each of its first transactions: a page of a batch has something to say of it."""
    for nth in range(1, 30):
        assert world.push(killing("committed", "", nth), nth).exit_code is None
        world.store.leases_end()
        (batches,) = world.rows("select ITEMS_PLANNED + SUBITEMS_PLANNED as n from MON_BatchProcessing")
        assert all(row["n"] for row in batches), nth
        if batches:
            return
    raise AssertionError("no batch was begun")


# ---------- a refused order


def test_sizes_of_a_refused_order_wait_for_it(start: Callable[..., DayTwo]) -> None:
    two = start(faults=[Fault("refuse_row", operation="create_item", times=1, code="X", message="not so")])
    two.add(order("BAD-1", sizes={"S": 1, "M": 2}))
    two.build()
    two.push(exit_code=3)
    two.add(order("NEXT"))
    plan = two.push("--batch", "--dry-run")
    assert (plan["subitems_to_create"], plan["writes"], plan["subitems_waiting"]) == (0, 0, 2)
    assert plan["message"].startswith("A push would send nothing. 2 sizes wait for orders that can't go up. 1 order is")
    sizes = {row["SIZE_LABEL"]: row["WAITS"] for row in two.sync("order", "BAD-1")["sizes"]}
    assert sizes == {"S": "ORDER", "M": "ORDER"}


# ---------- a run at work


@pytest.mark.files_only("only a DuckDB file is held by one process")
def test_status_says_no_run_is_at_work_only_where_nobody_holds_the_file(two: DayTwo) -> None:
    two.build()
    holds = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holds, str(two.database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        said = two.sync("status")
        holder.kill()
    assert said["message"].startswith("A process holds the database file, no batch runs, nothing waits")
    assert said["tables"][0]["rows"][0] == ["run", "none in the tables, but a process holds the file"]
    assert two.sync("status")["tables"][0]["rows"][0] == ["run", "none at work"]


def test_a_row_without_an_answer_is_promised_no_further_attempt() -> None:
    failure = unanswered(WorkRow(ITEM, "A-1", "A-1", None, "b", CREATE, "h", {}), None).failure
    assert failure is not None
    assert (failure.code, failure.message) == ("NO_ANSWER", "Monday gave no usable answer (NO_ANSWER).")
