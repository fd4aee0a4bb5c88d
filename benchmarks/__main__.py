"""``python -m benchmarks build|push|edits|scale|server|walk [--rows N]``: prints what the README states, measured here.

Everything happens in a folder of its own under `.bench/`, or in a schema of its own on a SQL Server (``server``);
no real board is ever touched. ``all`` is the first three.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

from benchmarks.edits import edits
from benchmarks.measure import Timed, dbt, environment, local_monday, prepared, timed
from benchmarks.server import server
from benchmarks.walk import walk

BUILT = (10_000, 100_000, 1_000_000)
PUSHED = (1_000, 10_000, 50_000)
"""Numbers of orders that ``scale`` builds and pushes."""


def in_one_process(database: Path, *words: str) -> Timed:
    """Run the script on a copy of the database, twice; return the quicker run."""
    # The compiled models name the database, which DuckDB calls after its file.
    copy = database.parent / "copy" / database.name
    copy.parent.mkdir(exist_ok=True)
    done = []
    for _ in range(2):
        shutil.copy(database, copy)
        done.append(timed([sys.executable, "-m", "benchmarks.script", str(copy), *words], environment(copy)))
    shutil.rmtree(copy.parent)
    return min(done)


def build(rows: int) -> None:
    """Measure ``dbt build`` on many orders, beside the least that a build has to do (floor.sql)."""
    database = prepared(rows)
    measured: list[tuple[str, Timed]] = []
    for name in ("first", "parse kept"):
        done = dbt(database, "build")
        print(f"dbt build, {rows:,} orders, {name}: {done.seconds:.1f} s, peak {done.memory:,.0f} MB")
        measured.append((f"`dbt build`, {name}: models and data tests", done))
    everything = dbt(database, "build", "--selector", "everything")
    measured.append(("`dbt build --selector everything`: unit tests, too", everything))
    # The machine has other work, too: the better of two.
    alone = min(dbt(database, "build", "--selector", "without_tests") for _ in range(2))
    measured.append(("`dbt build --selector without_tests`: seeds and models", alone))
    models = in_one_process(database, "--compiled", str(database.parent / "target"))
    measured.append(("the models' SQL without dbt, in one process", models))
    floor = in_one_process(database)
    measured.append(("the floor, in one process: `benchmarks/floor.sql`", floor))
    print(f"\n| {rows:,} orders | seconds | × floor | processor seconds | × floor | peak MB |")
    print("| --- " * 6 + "|")
    for name, done in measured:
        ratios = f"{done.seconds / floor.seconds:.1f}", f"{done.cpu / floor.cpu:.1f}"
        print(f"| {name} | {done.seconds:.1f} | {ratios[0]} | {done.cpu:.1f} | {ratios[1]} | {done.memory:,.0f} |")


def pushed(rows: int) -> tuple[Timed, int, float]:
    """A first push to a local Monday without limits, in a process of its own; its rows, its calls per 1,000 creates."""
    database = prepared(rows)
    dbt(database, "build")
    with local_monday(rows) as monday:
        env = environment(database, **monday)
        timed([sys.executable, "-m", "sync", "board", "create-columns"], env)
        done = timed([sys.executable, "-m", "sync", "push", "--batch", "--json"], env)
    answer = json.loads(done.printed.splitlines()[0])
    creates = answer["items_created"] + answer["subitems_created"]
    return done, answer["succeeded"], 1000 * answer["api_calls"] / max(creates, 1)


def push(rows: int) -> None:
    """Measure a first push."""
    done, sent, calls = pushed(rows)
    print(
        f"push, {rows:,} orders: {sent:,} rows in {done.seconds:.1f} s = {sent / done.seconds:,.0f} rows a second,"
        f" {calls:.1f} calls per 1,000 creates, peak {done.memory:,.0f} MB"
    )


def scale() -> None:
    """Measure how the cost of builds and of first pushes grows with the orders."""
    print("| orders | `dbt build` | peak MB | the models' SQL alone | peak MB |\n" + "| --- " * 5 + "|")
    for rows in BUILT:
        database = prepared(rows)
        dbt(database, "build")
        kept = dbt(database, "build")
        models = in_one_process(database, "--compiled", str(database.parent / "target"))
        alone = f"{models.seconds:.1f} s | {models.memory:,.0f}"
        print(f"| {rows:,} | {kept.seconds:.1f} s | {kept.memory:,.0f} | {alone} |", flush=True)
    print("\n| orders | rows | rows a second | calls per 1,000 creates | peak MB |\n" + "| --- " * 5 + "|")
    for rows in PUSHED:
        done, sent, calls = pushed(rows)
        print(f"| {rows:,} | {sent:,} | {sent / done.seconds:,.0f} | {calls:.1f} | {done.memory:,.0f} |", flush=True)


def main() -> None:
    """Parses the words and measures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    kinds = ("build", "push", "edits", "scale", "server", "walk", "all")
    parser.add_argument("what", nargs="?", choices=kinds, default="all")
    parser.add_argument("--rows", type=int, help="orders (default: 100,000 to build and to edit, 10,000 to push)")
    parser.add_argument("--push-rows", type=int, default=5_000, help="server: orders to push (default: 5,000)")
    parser.add_argument("-v", "--verbose", action="store_true", help="walk: name the functions, too")
    words = parser.parse_args()
    if words.what in ("build", "all"):
        build(words.rows or 100_000)
    if words.what in ("push", "all"):
        push(words.rows or 10_000)
    if words.what in ("edits", "all"):
        edits(words.rows or 100_000)
    if words.what == "scale":
        scale()
    if words.what == "server":
        server(words.rows or 100_000, words.push_rows)
    if words.what == "walk":
        walk(verbose=words.verbose)


if __name__ == "__main__":
    main()
