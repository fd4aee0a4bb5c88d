"""``python -m benchmarks build|push|edits|server [--rows N]``: prints what the README states, measured on this machine.

Everything happens in a folder of its own under `.bench/`, or in a schema of its own on a SQL Server (``server``, which
``all`` leaves out); no real board is ever touched.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

import duckdb

from benchmarks.edits import edits
from benchmarks.measure import Timed, dbt, environment, local_monday, prepared, timed
from benchmarks.script import differences
from benchmarks.server import server


def in_one_process(database: Path, *words: str) -> tuple[Timed, bool]:
    """The script on a copy of the database, twice, the quicker one; and whether its rows are those that dbt staged."""
    # The compiled models name the database, which DuckDB calls after its file.
    copy = database.parent / "copy" / database.name
    copy.parent.mkdir(exist_ok=True)
    done = []
    for _ in range(2):
        shutil.copy(database, copy)
        done.append(timed([sys.executable, "-m", "benchmarks.script", str(copy), *words], environment(copy)))
    with duckdb.connect(str(copy)) as connection:
        equal = bool(words) or not differences(connection)
    shutil.rmtree(copy.parent)
    return min(done), equal


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
    measured.append(("`dbt build --selector without_tests`: seeds and models", alone))
    models, _ = in_one_process(database, "--compiled", str(database.parent / "target"))
    measured.append(("the models' SQL without dbt, in one process", models))
    script, equal = in_one_process(database)
    measured.append(("the same rows by hand, in one process: `benchmarks/by_hand.sql`", script))
    print(f"\n| {rows:,} orders | seconds | × by hand | processor seconds | × by hand | peak MB |")
    print("| --- " * 6 + "|")
    for name, done in measured:
        ratios = f"{done.seconds / script.seconds:.1f}", f"{done.cpu / script.cpu:.1f}"
        print(f"| {name} | {done.seconds:.1f} | {ratios[0]} | {done.cpu:.1f} | {ratios[1]} | {done.memory:,.0f} |")
    print(f"\ndbt and the script staged the same rows: {'yes' if equal else 'no'}")
    if not equal:
        sys.exit(1)


def push(rows: int) -> None:
    """A first push to a local Monday without latency and limits, in a process of its own."""
    database = prepared(rows)
    dbt(database, "build")
    with local_monday(rows) as monday:
        env = environment(database, **monday)
        timed([sys.executable, "-m", "sync", "board", "create-columns"], env)
        pushed = timed([sys.executable, "-m", "sync", "push", "--batch", "--json"], env)
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
    parser.add_argument("what", nargs="?", choices=("build", "push", "edits", "server", "all"), default="all")
    parser.add_argument("--rows", type=int, help="orders (default: 100,000 to build and to edit, 10,000 to push)")
    parser.add_argument("--push-rows", type=int, default=5_000, help="server: orders to push (default: 5,000)")
    words = parser.parse_args()
    if words.what in ("build", "all"):
        build(words.rows or 100_000)
    if words.what in ("push", "all"):
        push(words.rows or 10_000)
    if words.what in ("edits", "all"):
        edits(words.rows or 100_000)
    if words.what == "server":
        server(words.rows or 100_000, words.push_rows)


if __name__ == "__main__":
    main()
