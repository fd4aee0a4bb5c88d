"""What every measurement needs: an environment of its own, a process timed with its own peak, a database of samples."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from emulator.config import DEMO_TOKEN

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".bench"
DBT = Path(sys.executable).with_name("dbt")
FOREIGN = ("MONDAY_", "SYNC_", "DB_ORDERS_", "DBT_", "ORDERS_DUCKDB_", "KESTRA_")


class Timed(NamedTuple):
    """One finished command: wall and processor seconds, its own peak memory in MB, and what it printed to stdout."""

    seconds: float
    cpu: float
    memory: float
    printed: str


def environment(database: Path, **more: str) -> dict[str, str]:
    """The environment of a measured command: none of the user's own database or board."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return kept | {"ORDERS_DUCKDB_PATH": str(database), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"} | more


def timed(command: list[str], env: Mapping[str, str]) -> Timed:
    """Runs one command to its end; where it fails, the measurement ends with what it printed."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, env=dict(env), stdout=out, stderr=errors)
        # wait4 tells the peak of this process alone; RUSAGE_CHILDREN would tell that of the largest so far.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        errors.seek(0)
        printed = out.read()
        if process.returncode:
            sys.exit(f"{command[0]} failed:\n{printed[-3000:]}\n{errors.read()[-2000:]}")
    return Timed(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, printed)


def prepared(rows: int, folder: Path = FOLDER / "orders") -> Path:
    """A database with sample orders and the sync tables, in a folder that is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    database = folder / "orders.duckdb"
    # In a process of its own: the peak of a process begins with the memory of the one that starts it.
    timed([sys.executable, "-m", "samples", "--rows", str(rows)], environment(database))
    timed([sys.executable, "-m", "sync", "migrate"], environment(database))
    return database


def dbt(database: Path, *words: str) -> Timed:
    """``dbt`` with these words, its files beside the database."""
    folder = database.parent
    paths = ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    return timed([str(DBT), *words, *paths], environment(database))


@contextmanager
def local_monday(orders: int) -> Iterator[dict[str, str]]:
    """A local Monday without latency and limits, in a process of its own; the variables that lead `sync` to it."""
    emulator = subprocess.Popen(
        [sys.executable, "-m", "emulator", "--port", "0", "--no-limits", "--items-limit", str(orders + 1000)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        line = emulator.stdout.readline() if emulator.stdout else ""
        url = next((word.rstrip(",") for word in line.split() if word.startswith("http")), "")
        if not url:
            sys.exit(f"The local Monday did not start: {line.strip()}")
        yield {"MONDAY_API_URL": url, "MONDAY_API_TOKEN": DEMO_TOKEN}
    finally:
        emulator.terminate()
        emulator.wait(timeout=30)
