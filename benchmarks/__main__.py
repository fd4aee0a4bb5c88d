"""``python -m benchmarks build|push [--rows N]``: prints what the README states, measured on this machine.

Everything happens in a folder of its own under `.bench/`; no real board is ever touched.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import duckdb

from samples import write_orders

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".bench"
DBT = Path(sys.executable).with_name("dbt")
FOREIGN = ("MONDAY_", "SYNC_", "DB_ORDERS_", "DBT_", "ORDERS_DUCKDB_", "KESTRA_")


def environment(database: Path, **more: str) -> dict[str, str]:
    """The environment of a measured command: none of the user's own database or board."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return kept | {"ORDERS_DUCKDB_PATH": str(database), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"} | more


def timed(command: list[str], env: Mapping[str, str]) -> tuple[float, float, str]:
    """Seconds, peak memory (MB) of the largest child so far, and what it printed; ends with its output if it fails."""
    started = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=dict(env), capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"{command[0]} failed:\n{done.stdout[-3000:]}\n{done.stderr[-2000:]}")
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, done.stdout


def prepared(rows: int) -> Path:
    """A database with sample orders and the sync tables."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    database = FOLDER / "orders.duckdb"
    with duckdb.connect(str(database)) as connection:
        write_orders(connection, rows, 1)
    timed([sys.executable, "-m", "sync", "migrate"], environment(database))
    return database


def dbt_build(database: Path) -> tuple[float, float, str]:
    """One whole ``dbt build``: seeds, models, data tests, unit tests."""
    words = ["build", "--target-path", str(FOLDER / "target"), "--log-path", str(FOLDER / "logs")]
    return timed([str(DBT), *words], environment(database))


def build(rows: int) -> None:
    """``dbt build`` on many orders: the first one (parsing included), then one with the parse kept."""
    database = prepared(rows)
    for name in ("first", "parse kept"):
        seconds, memory, _ = dbt_build(database)
        print(f"dbt build, {rows:,} orders, {name}: {seconds:.1f} s, peak {memory:,.0f} MB")


def push(rows: int) -> None:
    """A first push to a local Monday without latency and limits, in a process of its own."""
    database = prepared(rows)
    dbt_build(database)
    emulator = subprocess.Popen(
        [sys.executable, "-m", "emulator", "--port", "0", "--no-limits", "--items-limit", str(rows + 1000)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        line = emulator.stdout.readline() if emulator.stdout else ""
        url = next((word.rstrip(",") for word in line.split() if word.startswith("http")), "")
        if not url:
            sys.exit(f"The local Monday did not start: {line.strip()}")
        env = environment(database, MONDAY_API_URL=url, MONDAY_API_TOKEN="demo-token")  # noqa: S106 -- the emulator's
        timed([sys.executable, "-m", "sync", "board", "create-columns"], env)
        seconds, memory, printed = timed([sys.executable, "-m", "sync", "push", "--batch", "--json"], env)
    finally:
        emulator.terminate()
        emulator.wait(timeout=30)
    answer = json.loads(printed.splitlines()[0])
    done = answer["succeeded"]
    creates = answer["items_created"] + answer["subitems_created"]
    print(
        f"push, {rows:,} orders: {done:,} rows in {seconds:.1f} s = {done / seconds:,.0f} rows a second,"
        f" {1000 * answer['api_calls'] / max(creates, 1):.1f} calls per 1,000 creates, peak {memory:,.0f} MB"
    )


def main() -> None:
    """Parses the words and measures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("build", "push", "all"), default="all")
    parser.add_argument("--rows", type=int, help="orders (default: 100,000 to build, 10,000 to push)")
    words = parser.parse_args()
    if words.what in ("build", "all"):
        build(words.rows or 100_000)
    if words.what in ("push", "all"):
        push(words.rows or 10_000)


if __name__ == "__main__":
    main()
