"""Random histories: whatever upstream, people and the network do in between, the board ends as the source says.

A history is a list of acts: edits, cancellations, removals and returns of orders, acts of people on the board, pushes
of everything or of a selection, with and without faults. It ends with builds and pushes until nothing is staged; then
an oracle that shares no code with the models compares the board with the source.

`HISTORIES=200 pytest tests/e2e/test_histories.py` runs a longer campaign, with other histories at each run.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from emulator.config import BOARD_ID
from emulator.faults import Fault, random_fault
from samples.schema import Value
from sync.monday import meter
from tests.builds import Dbt
from tests.e2e.day_two import GREYSON, PELOTON, DayTwo, Pushed, first_push, order
from tests.oracle.board import read_board
from tests.oracle.compare import compare, same
from tests.oracle.expected import Expected, Options, expect, row_hash
from tests.oracle.fields import KINDS
from tests.stores import Engine

HISTORIES = int(os.environ.get("HISTORIES", "3"))
LONG = "HISTORIES" in os.environ
ARCHIVE: dict[str, Any] = {"on_source_removal": "archive"}

NUMBERS = [f"N-{at:02d}" for at in range(14)]
SHARED = ["N-10", "n-10 ", "N-11"]
"""Spellings of numbers that more rows may get."""
CELLS: dict[str, tuple[Value, ...]] = {
    "CUSTOMER_NAME": (GREYSON, "GREYSON", PELOTON, "Somebody New"),
    "CUSTOMER_STYLE": ("STYLE 1", "STYLE 2", " style 2", None),
    "CUSTOMER_COLOUR_DESCRIPTION": ("WHITE", "NAVY", "nan"),
    "CUSTOMER_SEASON": ("FALL 25", "RESORT 26", None),
    "AAG_SEASON": ("2025 FALL", "2026 SPRING", ""),
    "ORDER_TYPE": ("ACTIVE", "CANCELLED", "cancelled", "FORECAST", None),
    "NOTES": ("ADDED", "a\tb\r\nc", "é中😀 | |;", "x" * 2100, None),
    "CUSTOMER_PRICE": ("$1,234.50", "(5)", "0", "12.34567", "n/a", None),
    "US_TARIFF_RATE": ("TRUE", "10%", "0.1", None),
    "EX_FACTORY_DATE": (dt.date(2025, 9, 26), dt.date(2026, 1, 1), None),
    "DROP": ("DROP 1", "drop 1", "DROP 2", None),
    "UNIT_OF_MEASURE": ("PCE", "Set", "DOZEN", None),
    "PO_NUMBER": ("4755", "77", None),
    "DESTINATION": ("OHIO", " ohio", "none", "\u00a0"),
    "TOTAL_QTY": (1, 7, None),
}
SIZES = ("S", "M", "2XL", "30/30", "OS")

numbers = st.sampled_from(NUMBERS)
cells = st.dictionaries(st.sampled_from(sorted(CELLS)), st.integers(0, 5), min_size=1, max_size=3)
quantities = st.dictionaries(st.sampled_from(SIZES), st.sampled_from((None, -3, 0, 1, 2, 9)), max_size=3)
faults = st.integers(0, 2**32 - 1)
acts = st.one_of(
    st.tuples(st.just("edit"), numbers, cells, quantities),
    st.tuples(st.just("edit"), numbers, cells, quantities),
    st.tuples(st.just("add"), st.sampled_from(NUMBERS + SHARED), cells, quantities),
    st.tuples(st.just("remove"), numbers),
    st.tuples(st.just("person"), st.sampled_from(
        ("archive item", "delete item", "delete subitem", "rename group", "delete group", "edit cell", "add item")
    ), st.integers(0, 99)),
    st.tuples(st.just("push"), st.sampled_from(("all", "customer", "po", "season", "limit")), st.none() | faults),
    st.tuples(st.just("push"), st.just("all"), st.none()),
)  # fmt: skip
histories = st.tuples(st.booleans(), st.lists(acts, min_size=8, max_size=22 if LONG else 14))


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory, engine: Engine, dbt_here: Dbt) -> Pushed:
    """Ten orders, pushed."""
    rows = [order(number, sizes={"S": 4, "M": 6}) for number in NUMBERS[:10]]
    return first_push(engine, tmp_path_factory.mktemp("base"), dbt_here, rows)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeats come at once."""
    monkeypatch.setattr(meter, "BACKOFF", (0.005, 1.0, 0.005))


@settings(
    max_examples=HISTORIES, derandomize=not LONG, deadline=None, database=None, phases=(Phase.generate,),
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(history=histories)
def test_every_history_ends_with_the_board_as_the_source_says(
    base: Pushed, quick: None, history: tuple[bool, list[tuple[Any, ...]]]
) -> None:
    archives, steps = history
    with tempfile.TemporaryDirectory() as folder, base.start(Path(folder)) as two:
        two.env |= {"MONDAY_SETTLE_SECONDS": "0.02", "MONDAY_TIMEOUT_SECONDS": "5", "SYNC_ROWS_PER_REQUEST": "4"}
        two.options = Options(on_source_removal="archive") if archives else Options()
        run = History(two, ARCHIVE if archives else {})
        note(f"archives: {archives}")
        for step in steps:
            note(str(step))
            run.act(*step)
        run.end()


class History:
    """Carries out a history, and keeps what the oracle must know of it: what was asked for at each build."""

    def __init__(self, two: DayTwo, variables: dict[str, Any]) -> None:
        self.two, self.variables = two, variables
        assert two.before is not None
        self.asked: list[Expected] = [two.before]
        self.disturbed = False

    def act(self, kind: str, *words: Any) -> None:
        """One act."""
        getattr(self, f"_{kind}")(*words)

    # ---------- upstream

    @staticmethod
    def _cells(chosen: dict[str, int]) -> dict[str, Value]:
        return {name: CELLS[name][at % len(CELLS[name])] for name, at in chosen.items()}

    def _edit(self, number: str, chosen: dict[str, int], sizes: dict[str, int | None]) -> None:
        self.two.edit(number, sizes, "", **self._cells(chosen))

    def _add(self, number: str, chosen: dict[str, int], sizes: dict[str, int | None]) -> None:
        # No second row that is like another in everything: which of the two is the first nobody could say.
        given = self._cells(chosen) | {"CUSTOMER_ALT_PO": f"ALT {len(self.two.source())}"}
        self.two.add(
            order(number, GREYSON, {k: v for k, v in sizes.items() if v}, **{"CUSTOMER_NAME": GREYSON} | given)
        )

    def _remove(self, number: str) -> None:
        self.two.remove([number])

    # ---------- people

    def _person(self, what: str, at: int) -> None:
        two = self.two
        self.disturbed = self.disturbed or what.startswith(("archive", "delete"))
        items = [item for item in two.state.items.values() if item.state == "active" and item.parent_id is None]
        below = [item for item in two.state.items.values() if item.state == "active" and item.parent_id is not None]
        groups = [group for group in two.state.boards[BOARD_ID].groups.values() if group.active]
        if what in ("archive item", "delete item") and items:
            two.state.retire_item(items[at % len(items)].id, "archived" if what == "archive item" else "deleted")
        elif what == "delete subitem" and below:
            two.state.retire_item(below[at % len(below)].id, "deleted")
        elif what == "rename group":
            two.state.update_group(BOARD_ID, groups[at % len(groups)].id, "title", f"RENAMED {at}")
        elif what == "delete group" and len(groups) > 1:
            two.state.retire_group(BOARD_ID, groups[at % len(groups)].id, "deleted")
        elif what == "edit cell" and items:
            status = {two.column("ORDER STATUS"): {"label": "01 CONFIRMED"}}
            two.state.change_values(BOARD_ID, items[at % len(items)].id, json.dumps(status))
        elif what == "add item":
            two.state.create_item(BOARD_ID, f"BY HAND {at}", groups[at % len(groups)].id, None)

    # ---------- pushes

    def _build(self) -> None:
        before = self._standing()
        self.two.build(**self.variables)
        asked = expect(self.two.source(), self.two.options, before)
        for key, order_before in before.orders.items():
            if asked.orders.get(key) is order_before:
                del asked.orders[key]  # carried over: these rows don't ask for it
        self.asked.append(asked)

    def _standing(self) -> Expected:
        """What is confirmed, as it was asked for at some build: what rows are paired with."""
        before = Expected(present=self.asked[-1].present)
        for row in self.two.sql("from MON_CustMasterSchedule"):
            key = row["ORDER_KEY"]
            orders = [asked.orders[key] for asked in reversed(self.asked) if key in asked.orders]
            if orders:
                hashes = [row_hash(each.name, each.group, each.values) for each in orders]
                known = orders[hashes.index(row["ROW_HASH"]) if row["ROW_HASH"] in hashes else 0]
                (before.orders if row["ARCHIVED_AT"] is None else before.shelved)[key] = known
        for row in self.two.sql("from ERR_MON_CustMasterSchedule where RESOLVED_AT is null order by ROW_HASH desc"):
            before.open_keys[row["ORDER_KEY"]] = row["ROW_HASH"]
        return before

    def _push(self, what: str, seed: int | None) -> None:
        two = self.two
        self._build()
        if seed is not None:
            source = random.Random(seed)
            two.monday.service.faults.add([_at_once(random_fault(source, 4, "mutation"), call) for call in (1, 2, 4)])
        words = {
            "all": ("--batch",), "customer": ("--customer", "greyson"), "po": ("--po", "4755"),
            "season": ("--customer-season", "fall 25"), "limit": ("--batch", "--limit", "3"),
        }[what]  # fmt: skip
        done = two.attempt("push", *words)
        assert done.exit_code in ((0, 3) if seed is None else (0, 1, 3)), done.message
        two.monday.service.faults.clear()
        assert two.sql("from MON_RowClaims") == []

    def _quiet(self) -> None:
        """Builds and pushes until nothing is staged."""
        for _ in range(5):
            self._build()
            if not self.two.staged():
                return
            self.two.attempt("push", "--batch")
        raise AssertionError(f"Still staged: {self.two.sql('from STG_MON_CustMasterSchedule')}, {self.two.errors()}")

    def end(self) -> None:
        """Brings the board to rest and compares; then touches every order, so that what people took away is back."""
        two = self.two
        two.attempt("retry")
        self._quiet()
        if not self.disturbed:
            assert self.differences() == []
        two.sql("update ORDERS_UNIFIED set \"SURCHARGE FEE\" = '77'")
        for size in SIZES:
            two.sql(f'update ORDERS_UNIFIED set "{size}" = "{size}" + 100 where "{size}" > 0')
        self._quiet()
        assert self.differences() == []
        assert two.sync("status")["open_requests"] == 0

    def differences(self) -> list[str]:
        """The board against the source, by the oracle."""
        two = self.two
        board = read_board(two.monday.url, two.monday.token, BOARD_ID)
        wanted = self.asked[-1]
        shown = {item.key: item for item in board.items if item.key is not None}
        before = Expected(present=wanted.present)
        for key, item in shown.items():
            orders = [asked.orders[key] for asked in self.asked if key in asked.orders]
            if not orders:
                continue  # never asked for: the comparison says so
            latest = orders[-1]
            if key not in wanted.orders:  # it left, or can't be pushed now: it stays as it was at some push
                latest = next((each for each in reversed(orders) if _like(each.values, item.values)), latest)
            labels = {label for each in orders for label in each.sizes}
            there = {str(sub.label): int(sub.quantity or 0) for sub in item.subitems}
            kept = {label: there[label] for label in there if label in labels}
            group = item.group if key not in wanted.orders else latest.group
            before.orders[key] = dataclasses.replace(latest, sizes=kept, group=group)
        expected = expect(two.source(), two.options, before)
        found = compare(expected, board, ours_only=True)
        by_people = {"Group": "RENAMED", "": "RENAMED"}
        return [
            str(each)
            for each in found
            if not (each.field in by_people and by_people[each.field] in f"{each.key} {each.actual}")
        ]


def _like(values: dict[str, str | None], shown: dict[str, str | None]) -> bool:
    """Whether a board shows these values."""
    return all(same(KINDS[title], values[title], shown.get(title)) for title in KINDS)


def _at_once(fault: Fault, call: int) -> Fault:
    """The fault at the n-th request that writes, without a wait."""
    told = None if fault.retry_in_seconds is None else 0
    after = None if fault.retry_after is None else 0
    return dataclasses.replace(fault, operation="mutation", call=call, retry_in_seconds=told, retry_after=after)
