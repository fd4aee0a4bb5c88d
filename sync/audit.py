"""Read what dbt's views say of the pulled board, and put the confirmed state right.

Nothing is written to the board: the tables say then what the board shows, so that the next build stages what is needed.
A repair is one transaction, in which the orders are claimed, so that no push that runs meanwhile takes them.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from sync.database import Row
from sync.errors import DatabaseError
from sync.monday.board import ResolvedColumn
from sync.monday.documents import Operation, archive_item, update_item
from sync.monday.values import column_values
from sync.pull import LiveBoard
from sync.push.plan import key_request, to_json
from sync.session import Session, utc_now
from sync.settings import FEW, OPERATIONS_PER_REQUEST, TRANSACTION_TRIES, WINDOW_ROWS

CLASSES = ("missing", "double", "differing", "archived", "unknown")
"""What board and database disagree in."""
OTHERS = ("pending", "edited", "above")
"""What is told and doesn't count: rows under way, cells that people may change, quantities of the factory."""
COLUMNS = ("CLASS", "LEVEL", "ORDER_KEY", "SIZE_LABEL", "MONDAY_ID", "COLUMN_NAME", "CONFIRMED", "ON_BOARD", "NOTE",
           "CUSTOMER")  # fmt: skip


@dataclass(frozen=True)
class Counts:
    """Findings by class and level; ``ours`` counts those that concern an order of ours."""

    by_class: Mapping[str, Mapping[str, int]]
    ours: Mapping[str, int]

    def of(self, name: str) -> int:
        """Count the findings of a class, items and subitems together."""
        return sum(self.by_class.get(name, {}).values())

    def disagree(self, *, ignore_unknown: bool) -> dict[str, int]:
        """Count by class in what board and database disagree; unknown items of others can be left out."""
        found = {name: self.of(name) for name in CLASSES}
        return found | ({"unknown": self.ours.get("unknown", 0)} if ignore_unknown else {})

    def to_dict(self) -> dict[str, int]:
        """Return flat figures: ``missing``, ``missing_items``, ``missing_subitems`` and so on."""
        flat: dict[str, int] = {}
        for name in (*CLASSES, *OTHERS):
            levels = self.by_class.get(name, {})
            flat |= {name: self.of(name), f"{name}_items": levels.get("ITEM", 0)}
            flat[f"{name}_subitems"] = levels.get("SUBITEM", 0)
        return flat


@dataclass(frozen=True)
class Repaired:
    """What a repair changed in the tables, and what it recorded for the next push to send.

    ``held``: orders that would have been touched where the guard kept the repair from touching any.
    """

    orders: int = 0
    surplus: int = 0
    keys: int = 0
    held: int = 0
    confirmed: int = 0


class Audit:
    """The findings of the last pull on one open database."""

    def __init__(self, session: Session, customer: str | None = None) -> None:
        self.session = session
        self._run("take", name="Found")
        if customer:
            self._run("keep_customer", [customer, customer])

    def _run(self, statement: str, params: Sequence[Any] = (), /, **options: Any) -> int:
        return self.session.database.execute(self.session.statements.get(f"audit/{statement}", **options), params)

    def _rows(self, statement: str, params: Sequence[Any] = (), /, **options: Any) -> list[Row]:
        return self.session.query(f"audit/{statement}", params, **options)

    def counts(self) -> Counts:
        """Count the findings."""
        by_class: dict[str, dict[str, int]] = {}
        ours: dict[str, int] = {}
        for row in self._rows("counts"):
            by_class.setdefault(row["CLASS"], {})[row["LEVEL"]] = int(row["FINDINGS"])
            ours[row["CLASS"]] = ours.get(row["CLASS"], 0) + int(row["OURS"])
        return Counts(by_class, ours)

    def totals(self) -> dict[str, int]:
        """Count what was compared."""
        return {name.lower(): int(value) for name, value in self._rows("totals")[0].items()}

    def listed(self, limit: int) -> dict[str, list[Row]]:
        """Return the first ``limit`` findings of each class."""
        return {
            name: [
                {column: row[column] for column in COLUMNS}
                for row in self._rows("listed", [0, name], rows=limit, one_class=True)
            ]
            for name in (*CLASSES, *OTHERS)
        }

    def left_over(self, *, ignore_unknown: bool) -> dict[str, int]:
        """Count by class what a repair left as it is."""
        return {row["CLASS"]: int(row["FINDINGS"]) for row in self._rows("left_over", ignore_unknown=ignore_unknown)}

    def write_csv(self, file: TextIO) -> None:
        """Write all findings, window by window; what a spreadsheet would take for a formula gets an apostrophe."""
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in self._all():
            writer.writerow([harmless(row[column]) for column in COLUMNS])

    def _all(self) -> Iterator[Row]:
        after = 0
        while rows := self._rows("listed", [after], rows=WINDOW_ROWS, one_class=False):
            after = rows[-1]["N"]
            yield from rows

    def repair(
        self,
        live: LiveBoard,
        *,
        park: bool = False,
        most_percent: float = 5.0,
        now: Callable[[], dt.datetime] = utc_now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Repaired:
        """Write the repair of what was found.

        ``park``: items that a person took off the board are left alone. ``most_percent``: the share of the confirmed
        orders, if they are more than ``FEW``, above which nothing is repaired.
        """
        database = self.session.database
        for name in ("Orders", "Sizes", "Differences"):
            self._run("take", name=name)
        self._run("make_plan")
        for attempt in range(TRANSACTION_TRIES):
            try:
                with database.transaction():
                    return self._carry_out(live, now(), park=park, most_percent=most_percent)
            except Exception as error:
                # a push claimed one of the rows at the same moment, or the engine chose this transaction to give way
                passing = database.is_duplicate(error) or database.is_transient(error)
                if not passing or attempt == TRANSACTION_TRIES - 1:
                    raise
                sleep(0.2 * 2**attempt)
        raise DatabaseError("The database did not take the repair; see its log.")  # pragma: no cover

    def _carry_out(self, live: LiveBoard, now: dt.datetime, *, park: bool, most_percent: float) -> Repaired:
        token = str(uuid.uuid4())
        self._run("plan", park=park)
        self._run("claim", [token, now])
        self._run("prune_plan")
        counted = self._rows("count_plan")[0]
        planned, confirmed = int(counted["PLANNED"]), int(counted["CONFIRMED"])
        if planned > FEW and planned * 100.0 > confirmed * most_percent:
            done = Repaired(held=planned, confirmed=confirmed)
        else:
            done = self._write(live, token, planned, now)
        self._run("release", [token])
        return done

    def _write(self, live: LiveBoard, token: str, orders: int, now: dt.datetime) -> Repaired:
        board_id, size_board_id = live.board.id, live.board.subitem_board_id
        # A hash that no order has: the row is staged, and what staging compared with can be told from what comes later.
        mark = hashlib.sha256(f"audit {token}".encode()).hexdigest()
        surplus = [archive_item(int(row["MONDAY_ID"])) for row in self._rows("surplus")]
        keys = self._lost_keys(live)
        self._run("repair_missing", [now])
        self._run("repair_adopt", [board_id, mark])
        self._run("repair_columns", [mark])
        self._run("repair_missing_sizes")
        self._run("repair_adopt_sizes", [size_board_id])
        self._run("repair_quantities")
        self._run("repair_staged", [mark, board_id, now, now])
        self._run("repair_staged_sizes", [size_board_id, now, now])
        self._record("ARCHIVE_SURPLUS", surplus, now)
        self._record("RESTORE_KEY", keys, now)
        return Repaired(orders, len(surplus), len(keys))

    def _lost_keys(self, live: LiveBoard) -> list[Operation]:
        """Restore key and size cells by requests of their own, for updates never write them."""
        places = {"ITEM": _named(live.columns, "ORDER_KEY"), "SUBITEM": _named(live.size_columns, "SIZE_LABEL")}
        boards = {"ITEM": live.board.id, "SUBITEM": live.board.subitem_board_id}
        operations: list[Operation] = []
        for row in self._rows("lost_keys"):
            column, board_id = places[row["LEVEL"]], boards[row["LEVEL"]]
            if column is None or board_id is None:
                continue
            value: dict[str, object] = {column.name: row[column.name]}
            built = column_values(value, [column], live.labels, only=None, creating=True)
            if not built.problems:
                live.labels.hold(built.new_labels)
                operations.append(update_item(board_id, int(row["MONDAY_ID"]), built.values, built.create_labels))
        return operations

    def _record(self, operation: str, operations: Sequence[Operation], now: dt.datetime) -> None:
        run_id = str(uuid.uuid4())
        for start in range(0, len(operations), OPERATIONS_PER_REQUEST):
            request = key_request(operation, operations[start : start + OPERATIONS_PER_REQUEST])
            self._run("record_request", [request.id, run_id, operation, request.body, len(request.rows), now, now])
            rows = to_json([row.ledger(request.id) for row in request.rows])
            self.session.database.execute(self.session.statements.get("push/record_rows"), [rows])


def _named(columns: Sequence[ResolvedColumn], name: str) -> ResolvedColumn | None:
    return next((column for column in columns if column.name == name), None)


def harmless(value: object) -> object:
    """Return a value with an apostrophe in front where a spreadsheet would take it for a formula."""
    if isinstance(value, str) and value[:1] in ("=", "@", "+", "-", "\t", "\r"):
        return f"'{value}"
    return value
