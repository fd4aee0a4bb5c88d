"""Two pushes on one DuckDB file, and pushes that are asked to stop: real processes, nothing lost, clear words.

Two pushes on a server: tests/sqlserver/test_together.py.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import new_project
from tests.e2e.test_lost_answers import whole
from tests.stores import DuckDBFile, Engine, Kept
from tests.support import BUILD, ROOT, Project

FILES_ONLY = pytest.mark.files_only("only a DuckDB file admits one writing process at a time")


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
def project(tmp_path: Path, engine: Engine, prepared: Kept, monday: Callable[..., Any]) -> Project:
    """A project whose push takes some seconds: every row written takes 25 ms."""
    made = new_project(tmp_path, engine.target, monday(with_order_key=True, write_ms=25), prepared.copy(tmp_path))
    made.env["SYNC_ROWS_PER_REQUEST"] = "5"
    return made


class Pushes:
    """Starts pushes in the background, and ends what a failing test leaves."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.all: list[subprocess.Popen[str]] = []

    def start(self, *words: str) -> subprocess.Popen[str]:
        """``push --batch --json`` with these words besides."""
        process = subprocess.Popen(
            [sys.executable, "-m", "sync", "push", "--batch", "--json", *words], cwd=ROOT, text=True,
            env=self._project.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.all.append(process)
        return process

    def under_way(self, writes: int = 3) -> None:
        """Waits until Monday has carried out some writes of items."""
        deadline = time.monotonic() + 60
        while sum(done.operation == "create_item" for done in self._project.monday.history) < writes:
            assert time.monotonic() < deadline
            time.sleep(0.01)


@pytest.fixture
def pushes(project: Project) -> Iterator[Pushes]:
    """Pushes of the project."""
    made = Pushes(project)
    yield made
    for process in made.all:
        if process.poll() is None:
            process.kill()
            process.communicate()


def answer(process: subprocess.Popen[str], exit_code: int) -> dict[str, Any]:
    """What a push said at its end."""
    out, err = process.communicate(timeout=120)
    assert process.returncode == exit_code, out + err
    assert "Traceback" not in err
    said: dict[str, Any] = json.loads(out.splitlines()[0])
    return said


@FILES_ONLY
def test_a_second_push_says_who_holds_the_file(project: Project, pushes: Pushes) -> None:
    first = pushes.start()
    pushes.under_way()
    second = project.run("push", "--batch")
    assert second.returncode == 1
    lines = [line for line in second.stdout.splitlines() if line.strip()]
    assert len(lines) == 1
    assert f"process {first.pid}" in lines[0]
    assert "--wait" in lines[0]
    assert second.stderr == ""
    assert answer(first, 0)["failed"] == 0
    whole(project)


def test_status_says_how_far_a_push_is(project: Project, pushes: Pushes) -> None:
    first = pushes.start()
    pushes.under_way(25)  # more than the first requests hold: something was written back
    said = project.sync("status")
    while not said["runs"][0]["DONE"]:  # Monday has carried them out; the answers are on their way into the database
        said = project.sync("status")
    page = project.sync("report", "--output", str(project.folder / "page.html"))
    (run,) = said["runs"]
    assert said["message"].startswith(f"{said['running_batches']} batches run, ")
    assert 0 < run["DONE"] < run["PLANNED"]
    assert (said["open_requests"], "no outcome yet" in said["message"]) == (
        0,
        False,
    )  # the run itself awaits its answers
    assert said["read_from_copy"] is isinstance(project.store, DuckDBFile)
    for told in (said, page):
        assert any(f"held by process {first.pid}" in line for line in told["lines"]) is said["read_from_copy"]
    assert {"run", "since", "how far"} <= {row[0] for row in said["tables"][0]["rows"]}
    assert answer(first, 0)["failed"] == 0
    said = project.sync("status")
    assert (said["runs"], said["running_batches"], said["read_from_copy"]) == ([], 0, False)
    assert said["last_push"]["RUN_ID"] == run["RUN_ID"]
    assert said["last_push"]["ORDERS"] + said["last_push"]["SIZES"] == run["PLANNED"]


@contextmanager
def held(project: Project) -> Iterator[int]:
    """Another process holds the database file for as long as the block lasts; its id."""
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); input()"
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(project.database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        yield holder.pid
    finally:
        holder.communicate("\n", timeout=30)


def listens_to_signals(process: subprocess.Popen[str]) -> None:
    """Waits until the command has begun: from then on it handles SIGTERM (signal 15) itself."""
    deadline = time.monotonic() + 60
    while True:
        assert time.monotonic() < deadline
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        caught = int(status.partition("SigCgt:")[2].split()[0], 16)
        if caught >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.01)


@FILES_ONLY
def test_a_second_push_that_waits_does_its_work_afterwards(project: Project, pushes: Pushes) -> None:
    with held(project) as holder:
        waiting = pushes.start("--wait")
        impatient = project.run("push", "--batch", "--wait", "0.1")
        assert impatient.returncode == 1
        assert f"is held by process {holder}" in impatient.stdout
        assert waiting.poll() is None
        assert not project.monday.history
    done = answer(waiting, 0)
    assert done["items_created"] > 0
    assert done["items_left"] == done["subitems_left"] == 0
    whole(project)


HANGUP = pytest.param(
    signal.SIGHUP, id="SIGHUP",
    marks=pytest.mark.skipif(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN, reason="run under nohup"),
)  # fmt: skip


@pytest.mark.parametrize(
    "sign", [pytest.param(signal.SIGTERM, id="SIGTERM"), pytest.param(signal.SIGINT, id="Ctrl-C"), HANGUP]
)
def test_a_push_that_is_asked_to_stop(sign: signal.Signals, project: Project, pushes: Pushes) -> None:
    push = pushes.start()
    pushes.under_way()
    push.send_signal(sign)
    asked = time.monotonic()
    said = answer(push, 3)
    assert time.monotonic() - asked < 20
    assert "asked to stop" in said["message"]
    assert f"{said['items_left']} orders and {said['subitems_left']} sizes are left" in said["message"]
    assert said["items_left"] + said["subitems_left"] > 0
    confirmed = project.sql(
        "select (select count(*) from MON_CustMasterSchedule where MONDAY_ITEM_ID is not null)"
        " + (select count(*) from MON_CustMasterSchedule_Subitems where MONDAY_SUBITEM_ID is not null) as n"
    )[0]["n"]
    writes = [done for done in project.monday.history if done.operation in ("create_item", "create_subitem")]
    assert said["succeeded"] == confirmed == len(writes)  # what was in flight came to its end, and is on record
    left = project.sql("select count(*) as n from MON_ApiRequests where OUTCOME is null")[0]["n"]
    assert left == 0
    assert project.sql("select count(*) as n from MON_BatchProcessing where FINISHED_AT is null")[0]["n"] == 0
    rest = project.sync("push", "--batch")
    assert rest["items_created"] == said["items_left"]
    whole(project)


@FILES_ONLY
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system doesn't show who handles signals")
def test_a_push_that_waits_for_the_file_stops_at_once(project: Project, pushes: Pushes) -> None:
    with held(project) as holder:
        waiting = pushes.start("--wait")
        listens_to_signals(waiting)
        waiting.send_signal(signal.SIGTERM)
        said = answer(waiting, 3)
        assert "asked to stop while it waited, and sent nothing" in said["message"]
        assert f"is held by process {holder}" in said["message"]
    assert not project.monday.history
