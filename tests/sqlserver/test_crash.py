"""The server itself dies between an answer and its write-back: what Monday did is neither lost nor done twice.

``DB_ORDERS_TEST_CRASH`` is a shell command that ends the server at once, as a power cut does, and starts it again.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable

import pytest

from sync.commands.push import push
from sync.database import connect
from sync.push.staged import Selection
from sync.push.summary import Options
from sync.session import Runtime
from tests.e2e.test_lost_answers import prepared as prepared
from tests.e2e.test_lost_answers import start as start
from tests.e2e.test_lost_answers import whole
from tests.faults.points import Instrumented, Killed, Point, Points
from tests.support import Project

CRASH = os.environ.get("DB_ORDERS_TEST_CRASH", "")
EVERYTHING = Selection(None, None, None, None, None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CRASH, reason="DB_ORDERS_TEST_CRASH is no command that ends the server and starts it"),
]


def crashing(at: int, *, dies: bool) -> Runtime:
    """A run under which the server crashes before the ``at``-th write-back; the push may die with it."""

    def strike(point: Point) -> None:
        if (point.what, point.where, point.nth) == ("begin", "close", at):
            subprocess.run(CRASH, shell=True, check=True, timeout=120, stdout=subprocess.DEVNULL)
            if dies:
                raise Killed

    points = Points(strike)
    return Runtime(connect=lambda *args, **options: Instrumented(connect(*args, **options), points))


@pytest.mark.parametrize("at", [1, 4])
def test_a_push_outlives_the_server(at: int, start: Callable[..., Project]) -> None:
    project = start()
    runtime = crashing(at, dies=False)
    result = push(project.environment(), Options(EVERYTHING), stop=threading.Event(), runtime=runtime)
    assert result.exit_code == 0, result.message
    whole(project)


@pytest.mark.parametrize("at", [1, 4])
def test_one_more_push_ends_what_both_left(at: int, start: Callable[..., Project]) -> None:
    project = start()
    runtime = crashing(at, dies=True)
    with pytest.raises(Killed):
        push(project.environment(), Options(EVERYTHING), stop=threading.Event(), runtime=runtime)
    assert project.sql("select count(*) as n from MON_ApiRequests where OUTCOME is null")[0]["n"] > 0
    project.leases_end()
    project.sync("push", "--batch")
    whole(project)
