"""``python -m benchmarks build|push [--rows N]``: prints what the README states, measured on this machine.

Everything happens in a folder of its own under `.bench/`; no real board is ever touched.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb

from benchmarks.measure import ROOT, Timed, dbt, environment, prepared, timed
from benchmarks.script import differences


def statements(folder: Path) -> float:
    """Seconds that the last dbt run spent in its models, as dbt itself counted them."""
    results = json.loads((folder / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    return sum(float(each["execution_time"]) for each in results if each["unique_id"].startswith("model."))


def by_hand(database: Path) -> tuple[Timed, bool]:
    """The script in a process of its own, on a copy; and whether its rows are those that dbt staged."""
    copy = database.with_name("copy.duckdb")
    shutil.copy(database, copy)
    done = timed([sys.executable, "-m", "benchmarks.script", str(copy)], environment(copy))
    with duckdb.connect(str(copy), read_only=True) as connection:
        equal = not differences(connection)
    copy.unlink()
    return done, equal


def build(rows: int) -> None:
    """``dbt build`` on many orders, beside the same tables staged by one SQL script written by hand."""
    database = prepared(rows)
    measured: list[tuple[str, Timed]] = []
    for name in ("first", "parse kept"):
        done = dbt(database, "build")
        print(f"dbt build, {rows:,} orders, {name}: {done.seconds:.1f} s, peak {done.memory:,.0f} MB")
        measured.append((f"`dbt build`, {name}: models, data tests, unit tests", done))
    # The machine has other work, too: the better of two.
    alone = min(dbt(database, "build", "--selector", "without_tests") for _ in range(2))
    models = statements(database.parent)
    scripts = [by_hand(database) for _ in range(2)]
    script = min(done for done, _ in scripts)
    measured.append(("`dbt build --selector without_tests`: seeds and models", alone))
    measured.append(("by hand: one script for the same tables, `benchmarks/by_hand.sql`", script))
    print(f"\n| {rows:,} orders | seconds | × by hand | processor seconds | peak MB |\n| --- | --- | --- | --- | --- |")
    for name, done in measured:
        ratio = done.seconds / script.seconds
        print(f"| {name} | {done.seconds:.1f} | {ratio:.1f} | {done.cpu:.1f} | {done.memory:,.0f} |")
    print(f"\nIn the models' statements alone dbt spent {models:.1f} s, {models / script.seconds:.1f} × by hand.")
    same = all(equal for _, equal in scripts)
    print(f"Both staged the same rows: {'yes' if same else 'no'}")
    if not same:
        sys.exit(1)


def push(rows: int) -> None:
    """A first push to a local Monday without latency and limits, in a process of its own."""
    database = prepared(rows)
    dbt(database, "build")
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
        pushed = timed([sys.executable, "-m", "sync", "push", "--batch", "--json"], env)
    finally:
        emulator.terminate()
        emulator.wait(timeout=30)
    answer = json.loads(pushed.printed.splitlines()[0])
    done = answer["succeeded"]
    creates = answer["items_created"] + answer["subitems_created"]
    print(
        f"push, {rows:,} orders: {done:,} rows in {pushed.seconds:.1f} s = {done / pushed.seconds:,.0f} rows a second,"
        f" {1000 * answer['api_calls'] / max(creates, 1):.1f} calls per 1,000 creates, peak {pushed.memory:,.0f} MB"
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
