"""Claims, recorded requests and write-back: everything a push does in the database.

Each public method is one transaction, run again by itself where the engine says that this may help (deadlock victim,
lost connection, write conflict). A request is recorded before it is sent; its outcome and the confirmed rows are
written together; the fence in ``close_request`` lets only the worker that holds the request close it.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from sync.database import Database, Row
from sync.errors import DatabaseError
from sync.selection import Selection
from sync.statements import Statements
from sync.work import ARCHIVE, CREATE, GROUP, ITEM, SUBITEM, Key, Request, WorkRow, from_ledger, to_json

T = TypeVar("T")
MAX_RUNS = 3
"""Runs in which a transient failure may come back before it is dead-lettered (RULES.md, Batches and retries)."""
_TRIES = 6


@dataclass(frozen=True)
class Failure:
    """A failed attempt at a row, as the error table keeps it."""

    row: WorkRow
    error_class: str
    code: str
    message: str
    retryable: bool
    http_status: int | None = None
    stage: str = "PUSH"

    @property
    def attempt(self) -> int:
        """Number of the run in which it failed, of those at the same data and mapping."""
        return int(self.row.values.get("ATTEMPTS") or 0) + 1

    @property
    def dead_lettered(self) -> bool:
        """True where the runs are used up."""
        return self.retryable and self.attempt >= MAX_RUNS

    @property
    def comes_back(self) -> bool:
        """True where the next run tries again by itself."""
        return self.retryable and not self.dead_lettered


@dataclass(frozen=True)
class Success:
    """A row that Monday confirmed, with the ids it gave."""

    row: WorkRow
    monday_id: int | None
    board_id: int | None = None
    adopted: bool = False
    unknown_quantity: bool = False


@dataclass
class Outcome:
    """What became of a request's rows; all of it is written in one transaction."""

    successes: list[Success]
    failures: list[Failure]
    gone_items: list[WorkRow]
    gone_sizes: list[WorkRow]
    released: list[WorkRow]
    carried: Request | None = None
    """The remainder that goes on as a new request; its rows keep their claims."""
    name: str = "DONE"
    http_status: int | None = None
    monday_request_id: str | None = None


class Ledger:
    """The push's side of the database, for one worker."""

    def __init__(
        self,
        database: Database,
        statements: Statements,
        *,
        now: Callable[[], dt.datetime],
        sleep: Callable[[float], None],
        worker: str,
        run_id: str,
        lease: dt.timedelta,
        board_id: int,
    ) -> None:
        self._db = database
        self._sql = statements
        self._now = now
        self._sleep = sleep
        self.worker = worker
        self.run_id = run_id
        self._lease = lease
        self._board_id = board_id

    def _again(self, work: Callable[[], T]) -> T:
        """Runs a transaction until it succeeds or the tries are used up."""
        for attempt in range(_TRIES):
            try:
                with self._db.transaction():
                    return work()
            except Exception as error:
                if not (self._db.is_transient(error) or self._db.is_duplicate(error)) or attempt == _TRIES - 1:
                    raise
                self._sleep(min(0.05 * 2**attempt, 2.0))
                if not self._db.is_duplicate(error) and not self._db.sole_writer:
                    self._db.reconnect()
        raise DatabaseError("The database did not take a transaction; see its log.")  # pragma: no cover

    # -- reading the work -------------------------------------------------------------------------------------------

    def window_items(
        self, selection: Selection, after: tuple[str, str], rows: int, cut_off: tuple[dt.date, str] | None
    ) -> list[Row]:
        """The next orders that need work after (batch, key)."""
        sql = self._sql.get("push/window_items", selection=selection.names, rows=rows, limited=cut_off is not None)
        room = [cut_off[0], cut_off[0], cut_off[1]] if cut_off else []
        return self._db.query(sql, [*selection.params, *room, after[0], after[0], after[1]])

    def window_sizes(self, selection: Selection, after: tuple[str, str, str], rows: int) -> list[Row]:
        """The next sizes that need work, and whose order is on the board, after (batch, order, label)."""
        sql = self._sql.get("push/window_sizes", selection=selection.names, rows=rows)
        batch, order, label = after
        return self._db.query(sql, [*selection.params, batch, batch, order, batch, order, label])

    def sizes_of(self, order_keys: Sequence[str]) -> list[Row]:
        """The sizes that wait for orders just confirmed."""
        return self._db.query(
            self._sql.get("push/sizes_of_orders"), [to_json([{"ORDER_KEY": key} for key in order_keys])]
        )

    def count_work(self, selection: Selection, level: str) -> list[Row]:
        """What is to be done, by batch, group and kind of change."""
        sql = self._sql.get("push/count_work", selection=selection.names, level=level)
        return self._db.query(sql, selection.params)

    def cut_off(self, selection: Selection, room: int) -> tuple[dt.date, str]:
        """Date and key of the last creation that finds room on the board, oldest orders first."""
        row = self._db.query(
            self._sql.get("push/room_cut_off", selection=selection.names, room=room), selection.params
        )[0]
        date = row["CUT_DATE"]
        return (date.date() if isinstance(date, dt.datetime) else date), str(row["CUT_KEY"])

    # -- claiming and recording -------------------------------------------------------------------------------------

    def take(
        self,
        level: str,
        keys: Sequence[Key],
        build: Callable[[list[Row]], tuple[Request | None, list[Failure]]],
    ) -> Request | None:
        """Claims rows and records the request made of them, in one transaction.

        ``build`` gets the claimed staged rows and gives the request (rows and body, no id) and the rows that can't be
        sent; what is in neither is given up. What was confirmed, blocked or claimed meanwhile doesn't reach it.
        """

        def work() -> Request | None:
            request_id = str(uuid.uuid4())
            now = self._now()
            wanted = to_json(
                [{"ROW_KEY": key.row_key, "ORDER_KEY": key.order_key, "SIZE_LABEL": key.size_label} for key in keys]
            )
            self._db.execute(
                self._sql.get("push/claim", level=level), [request_id, self.worker, now + self._lease, wanted]
            )
            if level == ITEM:
                claimed = self._db.query(self._sql.get("push/claimed_items"), [request_id])
            else:
                claimed = self._db.query(self._sql.get("push/claimed_sizes"), [wanted, request_id])
            request, failures = build(claimed)
            kept = {row.row_key for row in request.rows} if request else set()
            if not kept:
                self._db.execute(self._sql.get("push/release", rows=False), [request_id])
            else:
                self._release(request_id, [key.row_key for key in keys if key.row_key not in kept])
            if request:
                request.id = request_id
                self._record(request)
            self._record_failures(failures, request_id=None)
            return request

        return self._again(work)

    def _release(self, request_id: str, row_keys: Sequence[str]) -> None:
        if row_keys:
            rows = to_json([{"ROW_KEY": key} for key in row_keys])
            self._db.execute(self._sql.get("push/release", rows=True), [request_id, rows])

    def _record(self, request: Request) -> None:
        now = self._now()
        batch_id = request.rows[0].batch_id if request.rows else None
        self._db.execute(
            self._sql.get("push/record_request"),
            [request.id, self.run_id, batch_id, request.operation, request.body, len(request.rows), self.worker,
             now + self._lease, request.attempts, now, now],
        )  # fmt: skip
        if request.rows:
            rows = to_json([row.ledger(request.id) for row in request.rows])
            self._db.execute(self._sql.get("push/record_rows"), [rows])

    def record(self, request: Request) -> None:
        """Records a request that claims nothing (surplus items to remove)."""
        self._again(lambda: self._record(request))

    def renew(self) -> None:
        """Says that this worker lives."""

        def work() -> None:
            until = self._now() + self._lease
            self._db.execute(self._sql.get("push/renew_leases", name="MON_ApiRequests"), [until, self.worker])
            self._db.execute(self._sql.get("push/renew_leases", name="MON_RowClaims"), [until, self.worker])
            self._db.execute(self._sql.get("push/renew_leases", name="MON_BatchProcessing"), [until, self.run_id])

        self._again(work)

    # -- closing ----------------------------------------------------------------------------------------------------

    def close(self, request: Request, outcome: Outcome) -> bool:
        """Writes what became of a request: confirmed rows, errors, remainder, claims.

        False, with nothing written: another run took the request over.
        """

        def work() -> bool:
            now = self._now()
            closed = self._db.execute(
                self._sql.get("push/close_request"),
                [outcome.name, now, outcome.http_status, outcome.monday_request_id, request.cost, request.attempts,
                 request.id, self.worker],
            )  # fmt: skip
            if closed != 1:
                return False
            self._close_rows(request, outcome)
            self._confirm_items([s for s in outcome.successes if s.row.level == ITEM], now)
            self._confirm_sizes([s for s in outcome.successes if s.row.level == SUBITEM], now)
            for level in (ITEM, SUBITEM):
                done = [s.row.row_key for s in outcome.successes if s.row.level == level]
                if done:
                    self._db.execute(
                        self._sql.get("push/resolve_errors", level=level),
                        [now, f"push {self.run_id}", to_json([{"ROW_KEY": key} for key in done])],
                    )
            self._mark_gone(outcome.gone_items, outcome.gone_sizes, now)
            self._record_failures(outcome.failures, request_id=request.id)
            self._carry_on(request, outcome.carried)
            return True

        return self._again(work)

    def _close_rows(self, request: Request, outcome: Outcome) -> None:
        results = [
            {"ALIAS": s.row.aliases[0], "OUTCOME": "ADOPTED" if s.adopted else "OK",
             "MONDAY_ID": str(s.monday_id) if s.monday_id else None}
            for s in outcome.successes
        ]  # fmt: skip
        results += [{"ALIAS": f.row.aliases[0], "OUTCOME": f.error_class[:20], "MONDAY_ID": None}
                    for f in outcome.failures]  # fmt: skip
        for rows, name in ((outcome.gone_items, "GONE"), (outcome.gone_sizes, "GONE"), (outcome.released, "RELEASED")):
            results += [{"ALIAS": row.aliases[0], "OUTCOME": name, "MONDAY_ID": None} for row in rows if row.aliases]
        if results:
            self._db.execute(self._sql.get("push/close_rows"), [to_json(results), request.id])

    def _carry_on(self, request: Request, carried: Request | None) -> None:
        """Claims end with the request; those of its remainder go over to the new one."""
        if carried is not None and carried.id != request.id:
            self._record(carried)
            keep = to_json([{"ROW_KEY": row.row_key} for row in carried.rows])
            self._db.execute(self._sql.get("push/move_claims"), [carried.id, self.worker, request.id, keep])
        self._db.execute(self._sql.get("push/release", rows=False), [request.id])

    def _confirm_items(self, successes: Sequence[Success], now: dt.datetime) -> None:
        archived = [s.row for s in successes if s.row.kind == ARCHIVE]
        if archived:
            self._archive(archived, now)
        rows = [
            s.row.values
            | {
                "ROW_HASH": s.row.row_hash,
                "BATCH_ID": s.row.batch_id,
                "MONDAY_ITEM_ID": s.monday_id,
                "MONDAY_GROUP_ID": s.row.group_id,
                "CREATED": int(s.row.kind == CREATE),
            }
            for s in successes
            if s.row.kind != ARCHIVE
        ]
        if not rows:
            return
        data = to_json(rows)
        if any(row["CREATED"] for row in rows):
            if any(s.row.known for s in successes if s.row.kind == CREATE):
                self._db.execute(self._sql.get("push/confirm_items", created=True), [now, self._board_id, now, data])
            self._db.execute(self._sql.get("push/confirm_new_items"), [self._board_id, now, now, data])
        if not all(row["CREATED"] for row in rows):
            self._db.execute(self._sql.get("push/confirm_items", created=False), [self._board_id, now, data])

    def _confirm_sizes(self, successes: Sequence[Success], now: dt.datetime) -> None:
        rows = [
            {
                "ORDER_KEY": s.row.order_key,
                "SIZE_LABEL": s.row.size_label,
                # an adopted subitem that shows another quantity stays unconfirmed, so that the next build stages it
                "ORDER_QTY": None if s.unknown_quantity else s.row.values["ORDER_QTY"],
                "MONDAY_SUBITEM_ID": s.monday_id,
                "MONDAY_PARENT_ITEM_ID": s.row.parent_id,
                "MONDAY_SUBITEM_BOARD_ID": s.board_id or s.row.board_id,
                "BATCH_ID": s.row.batch_id,
                "CREATED": int(s.row.kind == CREATE),
            }
            for s in successes
        ]
        if not rows:
            return
        data = to_json(rows)
        if any(row["CREATED"] for row in rows):
            if any(s.row.known for s in successes if s.row.kind == CREATE):
                self._db.execute(self._sql.get("push/confirm_sizes", created=True), [now, now, data])
            self._db.execute(self._sql.get("push/confirm_new_sizes"), [now, now, data])
        if not all(row["CREATED"] for row in rows):
            self._db.execute(self._sql.get("push/confirm_sizes", created=False), [now, data])

    def _archive(self, rows: Sequence[WorkRow], now: dt.datetime) -> None:
        keys = to_json([{"ORDER_KEY": row.order_key} for row in rows])
        self._db.execute(self._sql.get("push/archive_items"), [now, now, rows[0].batch_id, keys])

    def _mark_gone(self, items: Sequence[WorkRow], sizes: Sequence[WorkRow], now: dt.datetime) -> None:
        if items:
            self._archive(items, now)
        if sizes:
            self._db.execute(self._sql.get("push/forget_sizes"), [to_json([{"ROW_KEY": row.row_key} for row in sizes])])

    def _record_failures(self, failures: Sequence[Failure], *, request_id: str | None) -> None:
        now = self._now()
        for level in (ITEM, SUBITEM):
            rows = [self._error_row(f, request_id) for f in failures if f.row.level == level]
            if rows:
                self._db.execute(self._sql.get("push/record_errors", level=level), [now, now, to_json(rows)])

    def _error_row(self, failure: Failure, request_id: str | None) -> dict[str, Any]:
        row, values = failure.row, failure.row.values
        sent = [{"operation": op.field} | {f.name: getattr(op, f.name) for f in fields(op)} for op in row.operations]
        return {
            "ERR_ID": str(uuid.uuid4()), "ORDER_KEY": row.order_key, "BATCH_ID": row.batch_id,
            "BATCH_CUSTOMER": values.get("BATCH_CUSTOMER"), "REQUEST_ID": request_id,
            "ITEM_NAME": values.get("ITEM_NAME"), "GROUP_NAME": values.get("GROUP_NAME"), "CHANGE_TYPE": row.kind,
            "STAGE": failure.stage, "ERROR_CLASS": failure.error_class, "ERROR_CODE": failure.code[:100],
            "ERROR_MESSAGE": failure.message, "HTTP_STATUS": failure.http_status, "API_PAYLOAD": to_json(sent),
            "ROW_HASH": row.row_hash, "MAPPING_HASH": values.get("MAPPING_HASH"), "ATTEMPT": failure.attempt,
            "RETRYABLE": int(failure.retryable),
            "MAX_RETRIES_REACHED": int(failure.dead_lettered),
            "SIZE_LABEL": row.size_label, "ORDER_QTY": values.get("ORDER_QTY"),
            "MONDAY_PARENT_ITEM_ID": row.parent_id,
        }  # fmt: skip

    # -- recovery ---------------------------------------------------------------------------------------------------

    def open_requests(self) -> list[Row]:
        """Requests without an outcome, oldest first."""
        return self._db.query(self._sql.get("push/open_requests"))

    def take_over(self, found: Row) -> Request | None:
        """Takes a dead run's request over, with its rows; None where its lease runs or another run was quicker."""

        def work() -> bool:
            now = self._now()
            params = [self.worker, self.run_id, now + self._lease, found["REQUEST_ID"], found["WORKER"]]
            sole = self._db.sole_writer
            sql = self._sql.get("push/take_over", sole_writer=sole)
            if self._db.execute(sql, params if sole else [*params, now]) != 1:
                return False
            self._db.execute(
                self._sql.get("push/take_over_claims"), [self.worker, now + self._lease, found["REQUEST_ID"]]
            )
            return True

        if not self._again(work):
            return None
        rows = self._db.query(self._sql.get("push/request_rows"), [found["REQUEST_ID"]])
        return Request(
            id=found["REQUEST_ID"], operation=found["OPERATION"], body=found["BODY"], attempts=found["ATTEMPTS"],
            rows=[from_ledger(row) for row in rows if row["LEVEL"] != GROUP],
        )  # fmt: skip

    # -- batches and groups -----------------------------------------------------------------------------------------

    def save_batch(self, batch_id: str, *, start: list[Any], state: list[Any]) -> None:
        """Writes a batch's row, opening it where it doesn't stand yet."""

        def work() -> None:
            if self._db.execute(self._sql.get("push/update_batch"), [*state, batch_id]) == 0:
                self._db.execute(self._sql.get("push/insert_batch"), [batch_id, *start])
                self._db.execute(self._sql.get("push/update_batch"), [*state, batch_id])

        self._again(work)

    def end_abandoned_batches(self) -> None:
        """Ends the batches of dead runs."""
        now = self._now()
        sole = self._db.sole_writer
        params = [now, self.run_id] if sole else [now, self.run_id, now]
        self.execute("push/end_abandoned_batches", params, sole_writer=sole)

    def remember_groups(self, board_id: int, groups: Sequence[tuple[str, str]]) -> None:
        """Writes the board's groups as seen now."""

        def work() -> None:
            now = self._now()
            known = {row["GROUP_ID"]: row["GROUP_TITLE"] for row in self._db.query(
                self._sql.get("push/known_groups"), [board_id])}  # fmt: skip
            for group_id, title in groups:
                if group_id not in known:
                    self._db.execute(self._sql.get("push/new_group"), [board_id, group_id, title, now, now])
                elif known[group_id] != title:
                    self._db.execute(self._sql.get("push/see_group"), [title, now, board_id, group_id])
            gone = set(known) - {group_id for group_id, _ in groups}
            for group_id in gone:
                self._db.execute(self._sql.get("push/gone_group"), [now, board_id, group_id])

        self._again(work)

    def execute(self, name: str, params: Sequence[Any] = (), /, **options: Any) -> int:
        """Runs one named statement as a transaction of its own."""
        return self._again(lambda: self._db.execute(self._sql.get(name, **options), params))

    def query(self, name: str, params: Sequence[Any] = (), /, **options: Any) -> list[Row]:
        """Runs one named query."""
        return self._db.query(self._sql.get(name, **options), params)
