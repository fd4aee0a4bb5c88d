"""``python -m benchmarks.compare [--rows N] [--tool NAME]``: other tools and this one, through the same accidents.

Prints a Markdown table. Every tool gets the same orders, groups made beforehand, and a local Monday without limits.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Mapping

from benchmarks.compare.accidents import ACCIDENTS, BOARD, CLEAN, Accident, Counts, happen
from benchmarks.compare.orders import staged_orders
from benchmarks.compare.tools import TOOLS, Tool
from benchmarks.measure import FOLDER, dbt, prepared
from emulator.config import BOARD_ID
from emulator.server import running

HEADINGS = {
    "lost answer": "one answer lost",
    "killed": "`kill -9` at half",
    "refused row": "one row refused",
}


def line(tool: Tool, found: Mapping[Accident, Counts], rows: int) -> str:
    """One line of the table: for each accident double, missing and wrongly done items."""
    clean = found[CLEAN]
    cells = [tool.label, f"{rows / clean.seconds:,.0f}", f"{1000 * clean.calls / rows:,.0f}"]
    for name in HEADINGS:
        tries = [counts for accident, counts in found.items() if accident.name == name]
        cells.append(" · ".join(_cell(counts) for counts in tries))
    return "| " + " | ".join(cells) + " |"


def _cell(counts: Counts) -> str:
    shown = f"{counts.double} / {counts.missing} / {counts.wrongly_done}"
    return shown if counts.finished else f"{shown} ✗"


def compare(rows: int, names: list[str]) -> None:
    """Measures the tools one after the other and prints the table."""
    database = prepared(rows, FOLDER / "compared")
    dbt(database, "build", "--selector", "without_tests")
    with running(BOARD) as monday:
        orders = staged_orders(database, monday.state.boards[BOARD_ID].columns)
    tools = [TOOLS[name]() for name in names]
    found: dict[str, dict[Accident, Counts]] = {tool.label: {} for tool in tools}
    # Speed is the quickest of three clean pushes, the tools in turns: the machine may have other work, too.
    for accident in (CLEAN, CLEAN, *ACCIDENTS):
        for tool in tools:
            counts = happen(tool, accident, orders, database)
            before = found[tool.label].get(accident, counts)
            found[tool.label][accident] = min(before, counts, key=lambda each: each.seconds)
            print(f"{tool.label}, {accident.name}, keys {accident.keys}: {counts}", file=sys.stderr)
    print(f"{len(orders):,} orders, Python {platform.python_version()}. The figures of an accident: items that are")
    print("double / missing / counted as done though not on the board; first where Monday remembers idempotency keys,")
    print("then where it doesn't. ✗: the tool still ended with an error after four runs.\n")
    print("| tool | rows a second | calls per 1,000 rows | " + " | ".join(HEADINGS.values()) + " |")
    print("| --- " * (3 + len(HEADINGS)) + "|")
    print("\n".join(line(tool, found[tool.label], len(orders)) for tool in tools))
    print("\nSettings:\n")
    print("\n".join(f"- {tool.label}: {tool.settings}." for tool in tools))


def main() -> None:
    """Parses the words and compares."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("--rows", type=int, default=2000, help="sample orders (2,000)")
    parser.add_argument("--tool", action="append", choices=tuple(TOOLS), help="only this one; may be repeated")
    words = parser.parse_args()
    compare(words.rows, words.tool or list(TOOLS))


if __name__ == "__main__":
    main()
