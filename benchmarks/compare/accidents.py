"""One tool, one accident: pushes until the tool says it is done, and counts what is on the board afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from benchmarks.compare.orders import Order, write_orders
from benchmarks.compare.tools import Before, Tool
from benchmarks.measure import FOREIGN, ROOT
from emulator.config import BOARD_ID, Config
from emulator.faults import Fault
from emulator.server import Emulator, running
from emulator.switches import Switches

BOARD = Config(with_order_key=True, dropdown_limit=1_000_000).without_limits()
"""The board that every try begins with."""
RUNS = 4
"""After so many runs a tool that still isn't done is left as it is."""
LONGEST = 300.0


@dataclass(frozen=True)
class Accident:
    """What happens during the push; ``keys``: whether Monday remembers idempotency keys."""

    name: str
    keys: Literal["kept", "not_kept"] = "kept"
    faults: tuple[Fault, ...] = ()
    kill: bool = False


@dataclass(frozen=True)
class Counts:
    """What a try left behind. ``finished``: the last run ended without an error."""

    double: int
    missing: int
    wrongly_done: int
    calls: int
    seconds: float
    runs: int
    finished: bool


CLEAN = Accident("nothing")
LOST = (Fault("drop_after", "create_item", call=5),)
REFUSED = (Fault("refuse_row", "create_item", call=5, code="ColumnValueException"),)
ACCIDENTS = (
    CLEAN,
    Accident("lost answer", "kept", LOST),
    Accident("lost answer", "not_kept", LOST),
    Accident("killed", "kept", kill=True),
    Accident("killed", "not_kept", kill=True),
    Accident("refused row", "kept", REFUSED),
    Accident("refused row", "not_kept", REFUSED),
)


def happen(tool: Tool, accident: Accident, orders: list[Order], database: Path) -> Counts:
    """Pushes the orders with the tool through the accident, on a board and in a folder of its own."""
    config = replace(
        BOARD,
        items_limit=10 * len(orders) + 1000,
        switches=Switches(idempotency_cache=accident.keys),
        faults=accident.faults,
    )
    folder = Path(tempfile.mkdtemp(prefix="compare-"))
    try:
        with running(config) as monday:
            with monday.lock:
                titles = dict.fromkeys(order.group for order in orders)
                groups = {title: monday.state.create_group(BOARD_ID, title).id for title in titles}
            write_orders(orders, groups, folder)
            return _pushed(tool, accident, monday, folder, database, len(orders))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _pushed(tool: Tool, accident: Accident, monday: Emulator, folder: Path, database: Path, rows: int) -> Counts:
    env = _environment(monday) | tool.prepare(folder, database)
    printed: list[str] = []
    before: Before = "nothing"
    ended: list[Before] = []
    seconds, runs, finished = 0.0, 0, False
    while runs < RUNS and not finished:
        command = tool.command(folder, before)
        runs += 1
        started = time.perf_counter()
        kill_at = rows // 2 if accident.kill and runs == 1 else None
        code, text = _run(command, env, folder, monday, kill_at)
        seconds += time.perf_counter() - started
        tool.after(folder, text)
        if code == -signal.SIGKILL:
            before = "killed"
            ended.append(before)
            time.sleep(tool.rest_after_kill)
            continue
        printed.append(text)
        finished = code == 0
        before = "failed"
    missed = accident.faults and not monday.service.faults.struck
    if missed or (accident.kill and "killed" not in ended):
        sys.exit(f"{tool.label}: the accident ({accident.name}) never happened; give more --rows.")
    items = _items(monday)
    keys = set(items.values())
    return Counts(
        double=len(items) - len(keys),
        missing=rows - len(keys),
        wrongly_done=tool.wrongly_done(folder, printed, items),
        calls=monday.service.calls,
        seconds=seconds,
        runs=runs,
        finished=finished,
    )


def _environment(monday: Emulator) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return kept | {
        "MONDAY_API_URL": monday.url,
        "MONDAY_API_TOKEN": monday.token,
        "MONDAY_BOARD_ID": str(BOARD_ID),
        "PYTHONPATH": str(ROOT),
    }


def _run(
    command: list[str], env: Mapping[str, str], folder: Path, monday: Emulator, kill_at: int | None
) -> tuple[int, str]:
    """Exit code and output of one run, which is killed once the board has so many items."""
    output = folder / "output.txt"
    with output.open("w", encoding="utf-8") as out, (folder / "errors.txt").open("a", encoding="utf-8") as errors:
        process = subprocess.Popen(
            command, cwd=folder, env=dict(env), stdout=out, stderr=errors, start_new_session=True
        )
        deadline = time.monotonic() + LONGEST
        killed = False
        while process.poll() is None:
            if time.monotonic() > deadline or (kill_at is not None and not killed and len(monday.history) >= kill_at):
                # The whole group: a kill leaves no child behind that goes on.
                os.killpg(process.pid, signal.SIGKILL)
                killed = True
            time.sleep(0.002)
    return process.returncode, output.read_text(encoding="utf-8")


def _items(monday: Emulator) -> dict[int, str]:
    """Id and order key of every item on the board."""
    with monday.lock:
        return {
            item.id: str(item.values.get("order_key", ""))
            for item in monday.state.items.values()
            if item.board_id == BOARD_ID and item.state == "active"
        }
