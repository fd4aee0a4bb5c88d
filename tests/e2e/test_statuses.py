"""How batches end: FAILED is said of rows that failed; rows that were not reached say why."""

from __future__ import annotations

import datetime as dt
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from emulator.config import Limits
from emulator.faults import Fault
from tests.faults.points import Killed, Point, Points
from tests.faults.prepare import built
from tests.faults.world import Prepared, Setting, World
from tests.stores import DuckDBFile, Engine, Row
from tests.support import ROOT, Project

BATCHES = "select * from MON_BatchProcessing order by BATCH_ID"


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Prepared:
    """90 orders of many customers, built, and an empty board."""
    return built(engine, tmp_path_factory.mktemp("statuses"), 90, seed=3)


@pytest.fixture
def begin(state: Prepared, tmp_path: Path) -> Callable[..., World]:
    """A world on that state, with these faults."""

    def make(*faults: Fault, limits: Limits | None = None) -> World:
        setting = Setting(rows_per_request=10, latency=0.1, limits=limits or Limits.none())
        return World(state, tmp_path, setting, faults)

    return make


def ended(world: World) -> dict[str, list[Row]]:
    """The batches by status; all of them have an end."""
    (batches,) = world.rows(BATCHES)
    assert all(row["FINISHED_AT"] is not None for row in batches)
    by_status: dict[str, list[Row]] = {}
    for row in batches:
        by_status.setdefault(row["STATUS"], []).append(row)
    return by_status


def killed_at(sending: int) -> Points:
    """The run dies when it is about to send creations of items for the n-th time."""

    def act(point: Point) -> None:
        if (point.what, point.where, point.nth) == ("send", "create_item", sending):
            raise Killed

    return Points(act)


def next_build(world: World) -> None:
    """As if a build had come: what waits stands in new batches."""
    for table in ("STG_MON_CustMasterSchedule", "STG_MON_CustMasterSchedule_Subitems"):
        world.store.sql(f"update {table} set BATCH_ID = 'NEXT-' || BATCH_ID", [])


def test_a_first_look_with_a_limit_fails_nobody(begin: Callable[..., World]) -> None:
    world = begin()
    done = world.push(Points(), 1, limit=20)
    assert (done.exit_code, done.data["items_created"], done.data["failed"]) == (0, 20, 0)
    found = ended(world)
    assert set(found) <= {"COMPLETED", "PARTIAL"}
    assert len(found["PARTIAL"]) > 10
    assert all("--limit" in row["ERROR_SUMMARY"] for row in found["PARTIAL"])
    assert world.push(Points(), 2).exit_code == 0
    assert set(ended(world)) == {"COMPLETED"}


def test_a_run_that_is_asked_to_stop_fails_nobody(begin: Callable[..., World]) -> None:
    world, stop = begin(), threading.Event()

    def act(point: Point) -> None:
        if (point.what, point.where, point.nth) == ("answer", "create_item", 2):
            stop.set()

    assert world.push(Points(act), 1, stop).exit_code == 3
    assert {"STOPPED"} <= set(ended(world)) <= {"COMPLETED", "STOPPED"}


def test_the_daily_quota_fails_nobody(begin: Callable[..., World]) -> None:
    world = begin(limits=Limits(daily_calls=8, minute_points=0))
    assert world.push(Points(), 1).exit_code == 3
    assert {"STOPPED"} <= set(ended(world)) <= {"COMPLETED", "STOPPED"}


def test_a_batch_fails_where_rows_failed_though_others_were_not_reached(begin: Callable[..., World]) -> None:
    world = begin(*(Fault("refuse_row", operation="create_item", alias=at, code="X", times=0) for at in range(10)))
    world.push(Points(), 1, limit=20)
    found = ended(world)
    failed = {row["BATCH_ID"] for row in found["FAILED"]}
    (errors,) = world.rows("select distinct BATCH_ID from ERR_MON_CustMasterSchedule")
    assert failed == {row["BATCH_ID"] for row in errors}
    assert set(found) == {"FAILED", "PARTIAL"}


@pytest.mark.parametrize("sending", [1, 3])
def test_the_batch_of_a_dead_run_is_abandoned_and_ended_when_the_run_did(
    begin: Callable[..., World], sending: int
) -> None:
    world = begin()
    assert world.push(killed_at(sending), 1).exit_code is None
    died = world.timeline.utc()
    world.timeline.sleep(8 * 3600)
    world.store.leases_end()
    next_build(world)
    assert world.push(Points(), 2).exit_code == 0
    found = ended(world)
    # a dead run's request that is sent again counts in its old batch
    assert set(found) <= {"ABANDONED", "COMPLETED", "NO_RECORDS"}
    assert found["ABANDONED"]
    for row in found["ABANDONED"]:
        assert row["ITEMS_LEFT"] + row["SUBITEMS_LEFT"] > 0
        assert not row["BATCH_ID"].startswith("NEXT-")
        assert abs((row["FINISHED_AT"] - died).total_seconds()) < 60
        assert "ended without a word" in row["ERROR_SUMMARY"]


def test_the_time_between_two_runs_of_a_batch_counts_for_none(begin: Callable[..., World]) -> None:
    world = begin()
    assert world.push(killed_at(3), 1).exit_code is None
    world.timeline.sleep(8 * 3600)
    world.store.leases_end()
    assert world.push(Points(), 2).exit_code == 0
    assert set(ended(world)) == {"COMPLETED"}
    (shown,) = world.rows("select DURATION_SECONDS from VW_MON_ActiveBatches")
    assert shown
    assert max(row["DURATION_SECONDS"] for row in shown) < 600


def test_nobody_has_to_close_a_dead_runs_batch_to_see_that_it_is_over(begin: Callable[..., World]) -> None:
    world = begin()
    assert world.push(killed_at(2), 1).exit_code is None
    gone = dt.timedelta(hours=3)
    world.store.sql(
        "update MON_BatchProcessing set STARTED_AT = STARTED_AT - ?, RUN_STARTED_AT = RUN_STARTED_AT - ?,"
        " LEASE_UNTIL = LEASE_UNTIL - ?",
        [gone, gone, gone],
    )
    world.store.sql(
        "update MON_ApiRequests"
        " set RECORDED_AT = RECORDED_AT - ?, SENT_AT = SENT_AT - ?, FINISHED_AT = FINISHED_AT - ?",
        [gone, gone, gone],
    )
    (shown,) = world.rows("select STATUS, DURATION_SECONDS from VW_MON_ActiveBatches")
    assert {row["STATUS"] for row in shown} == {"ABANDONED"}
    assert max(row["DURATION_SECONDS"] for row in shown) < 600


@pytest.mark.files_only("only a DuckDB file is held by one process")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_run_that_waits_for_the_file_ends_when_it_is_asked_to(tmp_path: Path, state: Prepared, number: int) -> None:
    store = state.kept.copy(tmp_path)
    assert isinstance(store, DuckDBFile)
    project = Project(tmp_path, tmp_path / "target", {"MONDAY_API_TOKEN": "t"}, place=store)
    with duckdb.connect(str(store.path)):
        waiting = subprocess.Popen(
            [sys.executable, "-m", "sync", "push", "--batch", "--wait", "120"], cwd=ROOT, env=project.environment(),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # noqa: PLW1509 -- under nohup it is ignored
        )  # fmt: skip
        caught = Path(f"/proc/{waiting.pid}/status")
        while not int(re.findall(r"SigCgt:\s*(\w+)", caught.read_text())[0], 16) >> (number - 1) & 1:
            time.sleep(0.1)  # it hasn't come so far; the file is asked for right after
        time.sleep(1)
        waiting.send_signal(number)
        said, _ = waiting.communicate(timeout=60)
    assert waiting.returncode == 3, said
    assert "asked to stop while it waited" in said
