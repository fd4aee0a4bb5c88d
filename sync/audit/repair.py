"""Repair the confirmed state: the tables say what the board shows, so that the next build stages what is needed.

Nothing is written to the board. All of it is one transaction, in which the orders are claimed, so that no push that
runs meanwhile takes them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sync.audit import Tables
from sync.audit.compare import LiveBoard, find_pending, kind_of, kinds
from sync.errors import DatabaseError
from sync.monday.board import ResolvedColumn
from sync.monday.documents import Operation, archive_item, update_item
from sync.monday.values import column_values
from sync.push.plan import key_request, to_json
from sync.settings import FEW, OPERATIONS_PER_REQUEST, TRANSACTION_TRIES


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


@dataclass(frozen=True)
class Policy:
    """What a repair may do.

    ``park``: items that a person took off the board are left alone (dbt variable on_board_deletion). ``most_percent``:
    the share of the confirmed orders, if they are more than ``FEW``, above which nothing is repaired. ``staged``:
    whether staging tables are there.
    """

    park: bool = False
    most_percent: float = 5.0
    staged: bool = True


def repair(
    tables: Tables,
    live: LiveBoard,
    policy: Policy,
    *,
    now: Callable[[], dt.datetime],
    sleep: Callable[[float], None] = time.sleep,
) -> Repaired:
    """Write the repair of what is in ``Found``, in one transaction."""
    for attempt in range(TRANSACTION_TRIES):
        try:
            with tables.session.database.transaction():
                return _carry_out(tables, live, policy, now())
        except Exception as error:
            # a push claimed one of the rows at the same moment, or the engine chose this transaction to give way
            database = tables.session.database
            if not (database.is_duplicate(error) or database.is_transient(error)) or attempt == TRANSACTION_TRIES - 1:
                raise
            sleep(0.2 * 2**attempt)
    raise DatabaseError("The database did not take the repair; see its log.")  # pragma: no cover


def _carry_out(tables: Tables, live: LiveBoard, policy: Policy, now: dt.datetime) -> Repaired:
    token = str(uuid.uuid4())
    tables.run("plan", park=policy.park)
    tables.run("plan_rows")
    tables.run("claim", [token, now])
    find_pending(tables, owner=token)
    if not tables.session.database.sole_writer:
        tables.run("marks", into="Pending")
    tables.run("prune_plan")
    counted = tables.rows("count_plan")[0]
    planned, confirmed = int(counted["PLANNED"]), int(counted["CONFIRMED"])
    if planned > FEW and planned * 100.0 > confirmed * policy.most_percent:
        done = Repaired(held=planned, confirmed=confirmed)
    else:
        done = _write(tables, live, token, planned, now, staged=policy.staged)
    tables.run("release", [token])
    return done


def _write(tables: Tables, live: LiveBoard, token: str, orders: int, now: dt.datetime, *, staged: bool) -> Repaired:
    board_id, size_board_id = live.board.id, live.board.subitem_board_id
    # A hash that no order has: the row is staged, and what staging compared with can be told from what comes later.
    mark = hashlib.sha256(f"audit {token}".encode()).hexdigest()
    surplus = [int(row["MONDAY_ID"]) for row in tables.rows("surplus")]
    keys = _lost_keys(tables, live)
    tables.run("repair_missing", [now])
    tables.run("repair_adopt", [board_id, mark])
    for column in live.columns:
        if column.name != "ORDER_KEY":
            tables.run("repair_column", [mark, column.name], column=column.name, kind=kind_of(column))
    tables.run("repair_missing_sizes")
    tables.run("repair_adopt_sizes", [size_board_id])
    tables.run("repair_quantities")
    if staged:
        tables.run("repair_staged", [mark, board_id, now, now], kinds=kinds(live.columns))
        tables.run("repair_staged_sizes", [size_board_id, now, now])
    _record(tables, "ARCHIVE_SURPLUS", [archive_item(id_) for id_ in surplus], now)
    _record(tables, "RESTORE_KEY", keys, now)
    return Repaired(orders, len(surplus), len(keys))


def _lost_keys(tables: Tables, live: LiveBoard) -> list[Operation]:
    """Restore key and size cells by requests of their own, for updates never write them."""
    places = {"ITEM": _named(live.columns, "ORDER_KEY"), "SUBITEM": _named(live.size_columns, "SIZE_LABEL")}
    boards = {"ITEM": live.board.id, "SUBITEM": live.board.subitem_board_id}
    operations: list[Operation] = []
    for row in tables.rows("lost_keys"):
        column, board_id = places[row["LEVEL"]], boards[row["LEVEL"]]
        if column is None or board_id is None:
            continue
        value: dict[str, object] = {column.name: row[column.name]}
        built = column_values(value, [column], live.labels, only=None, creating=True)
        if not built.problems:
            live.labels.hold(built.new_labels)
            operations.append(update_item(board_id, int(row["MONDAY_ID"]), built.values, built.create_labels))
    return operations


def _named(columns: Sequence[ResolvedColumn], name: str) -> ResolvedColumn | None:
    return next((column for column in columns if column.name == name), None)


def _record(tables: Tables, operation: str, operations: Sequence[Operation], now: dt.datetime) -> None:
    run_id = str(uuid.uuid4())
    for start in range(0, len(operations), OPERATIONS_PER_REQUEST):
        request = key_request(operation, operations[start : start + OPERATIONS_PER_REQUEST])
        tables.run("record_request", [request.id, run_id, operation, request.body, len(request.rows), now, now])
        rows = to_json([row.ledger(request.id) for row in request.rows])
        tables.session.database.execute(tables.session.statements.get("push/record_rows"), [rows])
