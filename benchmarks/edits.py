"""One per cent of many orders edited: what a build and a push then take, and whether exactly the edits were written."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections import Counter
from collections.abc import Iterable

import duckdb

from benchmarks.measure import FOLDER, dbt, environment, prepared, timed
from emulator.config import Config
from emulator.context import Done
from emulator.server import Emulator, running
from tests.samples.edits import Edit, Manifest, edit_orders

PERCENT = 1.0
TITLES = {"EX FACTORY DATE": "CUSTOMER EX FACTORY DATE", "CUSTOMER COLOUR DESCRIPTION": "COLOR"}
"""Board titles of the source columns that are edited, where they differ."""
NO_COLUMN = {"TOTAL QTY"}

Written = tuple[str, str, str, frozenset[str]]
"""Operation, order key, size (empty for an order), titles of the columns sent."""


def wanted(edit: Edit) -> Iterable[Written]:
    """What the board has to be told of an edit: nothing more, nothing less, each thing once."""
    visible = "".join(letter for letter in edit.order_number if letter >= " ")  # control characters never count
    key = visible.strip().upper().replace("#", "##")
    titles = {TITLES.get(column, column) for column in edit.columns if column not in NO_COLUMN}
    if titles:
        named = {"Name"} if "COLOR" in titles else set()
        yield "change_multiple_column_values", key, "", frozenset(titles | named)
    if edit.kind == "season":
        yield "move_item_to_group", key, "", frozenset()
    for size, (before, _) in edit.sizes.items():
        if before:
            yield "change_multiple_column_values", key, size, frozenset({"Order Qty"})
        else:
            yield "create_subitem", key, size, frozenset({"Size", "Order Qty"})


def written(monday: Emulator, history: Iterable[Done]) -> Iterable[Written]:
    """What the board was told; groups apart."""
    items, boards = monday.state.items, monday.state.boards
    for done in history:
        if done.operation == "create_group":
            continue
        item = items[int(done.args.get("item_id") or done.ids[0])]
        sent = json.loads(done.args.get("column_values") or "{}")
        titles = frozenset(boards[item.board_id].columns[name].title for name in sent)
        order = item if item.parent_id is None else items[item.parent_id]
        size = "" if item.parent_id is None else item.name.removeprefix("Size ")
        yield done.operation, str(order.values["order_key"]), size, titles


def differences(manifest: Manifest, monday: Emulator, history: Iterable[Done]) -> list[str]:
    """What was written otherwise than the edits ask for."""
    asked = Counter(line for edit in manifest.edits for line in wanted(edit))
    found = Counter(written(monday, history))
    missing = [f"not written: {line}" for line in (asked - found)]
    return missing + [f"written though nobody asked: {line}" for line in (found - asked)]


def edits(rows: int) -> None:
    """A first push of ``rows`` sample orders, then 1 % of them edited, built and pushed; then nothing, once more."""
    database = prepared(rows, FOLDER / "edits")
    dbt(database, "build", "--selector", "without_tests")
    config = Config(items_limit=rows + 1000, with_order_key=True, keep_history=False).without_limits()
    with running(config) as monday:
        env = environment(database, MONDAY_API_URL=monday.url, MONDAY_API_TOKEN=monday.token)
        push = [sys.executable, "-m", "sync", "push", "--batch", "--json"]
        first = json.loads(timed(push, env).printed.splitlines()[0])
        with monday.lock:
            monday.service.config = dataclasses.replace(config, keep_history=True)
        with duckdb.connect(str(database)) as connection:
            manifest = edit_orders(connection, seed=1, percent=PERCENT)
        built = dbt(database, "build", "--selector", "without_tests")
        pushed = timed(push, env)
        answer = json.loads(pushed.printed.splitlines()[0])
        wrong = differences(manifest, monday, monday.history)
        writes = len(monday.history)
        dbt(database, "build", "--selector", "without_tests")
        again = timed(push, env)
        quiet = len(monday.history) == writes
    print(
        f"{rows:,} orders ({first['succeeded']:,} rows) on the board, {len(manifest.edits):,} orders edited: build"
        f" {built.seconds:.1f} s, push {pushed.seconds:.1f} s, {writes:,} writes in {answer['api_calls']:,} calls;"
        f" {'exactly the edits' if not wrong else f'{len(wrong)} writes differ'}; nothing changed after that: push"
        f" {again.seconds:.2f} s, {'no' if quiet else 'SOME'} writes"
    )
    for line in wrong[:20]:
        print(line)
    if wrong or not quiet:
        sys.exit(1)
