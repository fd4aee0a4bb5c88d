"""The server itself dies between an answer and its write-back: what Monday did is neither lost nor done twice.

``DB_ORDERS_TEST_CRASH`` is a shell command that ends the server at once, as a power cut does, and starts it again.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

import sync.push.engine
from sync.commands.push import Options, push
from sync.push.ledger import Ledger
from sync.push.outcomes import Outcome
from sync.push.plan import Request
from sync.push.staged import Selection
from tests.e2e.test_lost_answers import prepared as prepared
from tests.e2e.test_lost_answers import start as start
from tests.e2e.test_lost_answers import whole
from tests.support import Project

CRASH = os.environ.get("DB_ORDERS_TEST_CRASH", "")
EVERYTHING = Selection(None, None, None, None, None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CRASH, reason="DB_ORDERS_TEST_CRASH is no command that ends the server and starts it"),
]


class Died(BaseException):
    """The push died with the server."""


def crashing(at: int, *, dies: bool) -> type[Ledger]:
    """A ledger under which the server crashes before the ``at``-th write-back of confirmed rows; the push may die."""
    calls = iter(range(1, 10_000))

    class CrashingLedger(Ledger):
        def close_all(self, closings: Any) -> list[bool]:
            ends: list[tuple[Request, Outcome]] = list(closings)
            if any(outcome.successes for _, outcome in ends) and next(calls) == at:
                subprocess.run(CRASH, shell=True, check=True, timeout=120, stdout=subprocess.DEVNULL)
                if dies:
                    raise Died
            return super().close_all(ends)

    return CrashingLedger


@pytest.mark.parametrize("at", [1, 4])
def test_a_push_outlives_the_server(at: int, start: Callable[..., Project]) -> None:
    project = start()
    engine: Any = sync.push.engine
    with mock.patch.object(engine, "Ledger", crashing(at, dies=False)):
        result = push(project.environment(), Options(EVERYTHING), stop=threading.Event())
    assert result.exit_code == 0, result.message
    whole(project)


@pytest.mark.parametrize("at", [1, 4])
def test_one_more_push_ends_what_both_left(at: int, start: Callable[..., Project]) -> None:
    project = start()
    engine: Any = sync.push.engine
    with mock.patch.object(engine, "Ledger", crashing(at, dies=True)), pytest.raises(Died):
        push(project.environment(), Options(EVERYTHING), stop=threading.Event())
    assert project.sql("select count(*) as n from MON_ApiRequests where OUTCOME is null")[0]["n"] > 0
    project.leases_end()
    project.sync("push", "--batch")
    whole(project)
