"""Real processes: a push over real sockets, ended by SIGKILL while its n-th request is under way."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from tests.faults.cases import Case
from tests.faults.world import Prepared, World
from tests.support import ROOT

FOREIGN = ("MONDAY_", "SYNC_", "DB_ORDERS_", "DBT_", "KESTRA_", "ORDERS_DUCKDB_")


def kill_a_process(case: Case, state: Prepared, folder: Path) -> World:
    """Starts a push and kills it when Monday has got the request that the case names; gives what is left."""
    world = World(state, folder, replace(case.setting, wire=True), list(case.faults), None)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    push = subprocess.Popen(
        [sys.executable, "-m", "sync", "push", "--batch"], cwd=ROOT, env=environment | world.environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    wanted = case.point.nth if case.point else 1
    while world.calls < wanted and push.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
    push.kill()
    push.wait()
    while world.service.meter.in_flight and time.monotonic() < deadline:
        time.sleep(0.005)  # what is under way in the server is done to its end
    return world
