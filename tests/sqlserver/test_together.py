"""Several pushes at once, and a server that goes away: no row twice, none missing."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable

import pytest

from emulator.faults import Fault
from tests.e2e.test_lost_answers import prepared as prepared
from tests.e2e.test_lost_answers import start as start
from tests.e2e.test_lost_answers import whole
from tests.sqlserver.server import database
from tests.support import ROOT, Project

Start = Callable[..., Project]
pytestmark = pytest.mark.slow


def push(project: Project) -> subprocess.Popen[str]:
    """A push in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "sync", "push", "--batch", "--json"], cwd=ROOT, env=project.environment(),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("number", [2, 4, 8])
def test_pushes_at_once_take_disjoint_rows(number: int, start: Start) -> None:
    project = start(write_ms=5)
    pushes = [push(project) for _ in range(number)]
    ended = [each.communicate(timeout=280) for each in pushes]
    assert [each.returncode for each in pushes] == [0] * number, ended
    whole(project)
    sent = Counter(
        row["ROW_KEY"]
        for row in project.sql("select LEVEL, ROW_KEY from MON_ApiRequestRows where OUTCOME = 'OK' and LEVEL = 'ITEM'")
    )
    assert sent.keys() == {row["ORDER_KEY"] for row in project.sql("select ORDER_KEY from MON_CustMasterSchedule")}
    assert {key: times for key, times in sent.items() if times > 1} == {}


def _end_connections(process: subprocess.Popen[str]) -> None:
    """Ends the connections of a push on the server, as an administrator or a failover does."""
    with database("dbo") as opened:
        rows = opened.query(
            "select session_id as id from sys.dm_exec_sessions where host_process_id = ? and session_id <> @@spid",
            [process.pid],
        )
        assert rows
        for row in rows:
            with contextlib.suppress(Exception):  # it ended by itself meanwhile
                opened.execute(f"kill {int(row['id'])}")


def test_lost_connections_are_made_again(start: Start) -> None:
    project = start(write_ms=10)
    running = push(project)
    deadline = time.monotonic() + 60
    while not any(done.operation == "create_item" for done in project.monday.history):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    _end_connections(running)
    out, err = running.communicate(timeout=280)
    assert running.returncode == 0, out + err
    whole(project)


def test_an_answer_without_write_back_is_adopted_by_the_next_push(start: Start) -> None:
    """The push dies with its connection between an answer and its write-back: what Monday did is found again."""
    project = start(Fault("drop_after", operation="create_item", call=2), write_ms=10)
    running = push(project)
    deadline = time.monotonic() + 60
    while sum(done.operation == "create_item" for done in project.monday.history) < 15:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    _end_connections(running)
    running.kill()
    running.communicate()
    time.sleep(0.5)
    assert project.sql("select count(*) as n from MON_ApiRequests where OUTCOME is null")[0]["n"] > 0
    project.leases_end()
    for _ in range(2):
        project.sync("push", "--batch")
    whole(project)
