"""Claims, recorded requests and write-back: everything a push does in the database.

Each public method is one transaction, run again by itself where the engine says that this may help (deadlock victim,
lost connection, write conflict). Requests are recorded before they are sent; their outcomes and the confirmed rows are
written together; the fence in ``close_request`` lets only the worker that holds a request close it. Several requests
share a transaction where they come together: a statement costs much more than the rows it carries.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from sync.database import Database, Row
from sync.errors import DatabaseError
from sync.monday.documents import alias_at
from sync.push.outcomes import Failure, Outcome
from sync.push.plan import (
    ARCHIVE,
    CREATE,
    GROUP,
    ITEM,
    SENT,
    SUBITEM,
    UNSENT,
    Key,
    Request,
    WorkRow,
    from_ledger,
    to_json,
)
from sync.push.staged import Selection
from sync.settings import TRANSACTION_TRIES
from sync.statements import Statements

T = TypeVar("T")


@dataclass(frozen=True)
class Move:
    """Where a staged column stands on the board: ``was``, when last seen; ``now_at``, as ``push/save_column`` takes it.

    ``elsewhere``: under another id, where it shows what it should hold no more, but the values of the column ``shows``
    (None: it is empty).
    """

    was: Row | None
    now_at: Sequence[Any]
    elsewhere: bool
    shows: str | None


_HELD = ("MON_ApiRequests", "MON_RowClaims")
CELL = "CELL"
"""Class of the error rows of cells that were left blank: they hold no row back."""


def row_results(closings: Sequence[tuple[Request, Outcome]]) -> list[dict[str, Any]]:
    """Return the outcome of each row, with the ids that Monday gave."""
    found: dict[tuple[str, str], dict[str, Any]] = {}

    def note(request: Request, alias: str, outcome: str, **more: Any) -> None:
        found[request.id, alias] = {"REQUEST_ID": request.id, "ALIAS": alias, "OUTCOME": outcome} | more

    for request, outcome in closings:
        for success in outcome.successes:
            note(
                request,
                success.row.aliases[0],
                "ADOPTED" if success.adopted else "OK",
                MONDAY_ID=str(success.monday_id) if success.monday_id else None,
                BOARD_ID=success.board_id,
                DIFFERS=int(success.unknown_quantity),
            )
        for failure in outcome.failures:
            note(request, failure.row.aliases[0], failure.error_class[:20])
        for row in (*outcome.gone_items, *outcome.gone_sizes):
            note(request, row.aliases[0], "GONE")
        for row in outcome.released:
            note(request, row.aliases[0], "RELEASED")
    return list(found.values())


def error_rows(closings: Sequence[tuple[Request, Outcome]], level: str) -> list[dict[str, Any]]:
    """Return the failed attempts of a level, and the cells that were left blank in rows that got through."""
    return [
        _error_row(request, failure)
        for request, outcome in closings
        for failure in (*outcome.failures, *_blank_cells(outcome))
        if failure.row.level == level
    ]


def _blank_cells(outcome: Outcome) -> Iterator[Failure]:
    for row in (success.row for success in outcome.successes):
        for cell in row.left_out:
            status = outcome.http_status
            yield Failure(
                row, CELL, cell.code, cell.text, retryable=False, http_status=status, stage=cell.stage, cell=cell
            )


def _error_row(request: Request, failure: Failure) -> dict[str, Any]:
    row, cell = failure.row, failure.cell
    sent = [{"operation": op.field, **op.arguments} for op in row.operations]
    return {
        "REQUEST_ID": request.id,
        "ALIAS": row.aliases[0],
        "ERR_ID": str(uuid.uuid4()),
        "STAGE": failure.stage,
        "ERROR_CLASS": failure.error_class,
        "ERROR_CODE": failure.code[:100],
        "ERROR_MESSAGE": failure.message,
        "COLUMN_NAME": cell.column if cell else None,
        "COLUMN_ID": cell.column_id if cell else None,
        "COLUMN_VALUE": cell.value if cell else None,
        "HTTP_STATUS": failure.http_status,
        "API_PAYLOAD": to_json(sent),
        "ATTEMPT": failure.attempt,
        "RETRYABLE": int(failure.retryable),
        "MAX_RETRIES_REACHED": int(failure.dead_lettered),
    }


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
    ) -> None:
        self._db = database
        self._sql = statements
        self._now = now
        self._sleep = sleep
        self.worker = worker
        self.run_id = run_id
        self._lease = lease
        self.made_again: set[str] = set()
        """Orders whose item was gone, and is made again in this run: all their sizes follow."""

    def transaction(self, work: Callable[[], T]) -> T:
        """Run a transaction until it succeeds or the tries are used up."""
        for attempt in range(TRANSACTION_TRIES):
            try:
                with self._db.transaction():
                    return work()
            except Exception as error:
                if (
                    not (self._db.is_transient(error) or self._db.is_duplicate(error))
                    or attempt == TRANSACTION_TRIES - 1
                ):
                    raise
                self._sleep(min(0.05 * 2**attempt, 2.0))
                if not self._db.is_duplicate(error) and not self._db.sole_writer:
                    self._db.reconnect()
        raise DatabaseError("The database did not take a transaction; see its log.")  # pragma: no cover

    def execute(self, name: str, params: Sequence[Any] = (), /, **options: Any) -> int:
        """Runs one named statement as a transaction of its own; gives how many rows it changed."""
        return self.transaction(lambda: self._db.execute(self._sql.get(name, **options), params))

    def query(self, name: str, params: Sequence[Any] = (), /, **options: Any) -> list[Row]:
        """Runs one named query."""
        return self._db.query(self._sql.get(name, **options), params)

    def renew(self) -> None:
        """Extend this worker's leases."""
        self._set_leases(self._now() + self._lease, (*_HELD, "MON_BatchProcessing"))

    def let_go(self) -> None:
        """End the leases of what stays open, so that the next run needn't wait for it to run out."""
        self._set_leases(self._now(), _HELD)

    def _set_leases(self, until: dt.datetime, names: Sequence[str]) -> None:
        def work() -> None:
            for name in names:
                holder = self.worker if name in _HELD else self.run_id
                self._db.execute(self._sql.get("push/renew_leases", name=name), [until, holder])

        self.transaction(work)

    def shorten_leases(self) -> None:
        """Let no lease run longer than one taken now: clocks differ, and are set back."""
        until = self._now() + self._lease
        for name in () if self.alone else (*_HELD, "MON_BatchProcessing"):
            self.execute("push/shorten_leases", [until, until], name=name)

    def begin_batches(self, batches: str, started: dt.datetime) -> None:
        """Takes up batches (JSON) that this run doesn't work on yet."""
        until = self._now() + self._lease
        self.execute("batches/begin", [self.run_id, started, until, self.run_id, batches])

    def dead_batches(self) -> set[str]:
        """Batches that have no end though their run has."""
        sole = self._db.sole_writer
        rows = self.query("batches/dead", [self.run_id] if sole else [self.run_id, self._now()], sole_writer=sole)
        return {row["BATCH_ID"] for row in rows}

    def move_columns(self, moves: Sequence[Move]) -> set[str]:
        """Notes where staged columns stand now, in one transaction; gives the names of those that no other did."""

        def work() -> set[str]:
            mine: set[str] = set()
            for move in moves:
                board_id, name = move.now_at[:2]
                if move.was is not None:
                    gone = [board_id, name, move.was["COLUMN_ID"], move.was["COLUMN_TYPE"]]
                    if self._db.execute(self._sql.get("push/forget_column"), gone) == 0:
                        continue
                if self._db.execute(self._sql.get("push/save_column"), [*move.now_at, board_id, name]):
                    mine.add(str(name))
            emptied = tuple((str(m.now_at[1]), m.shows) for m in moves if m.elsewhere and m.now_at[1] in mine)
            if emptied:
                self._db.execute(self._sql.get("push/column_emptied", moves=emptied), [f"emptied {uuid.uuid4()}"])
            return mine

        return self.transaction(work)

    @property
    def alone(self) -> bool:
        """Whether no other run can be writing (a DuckDB file)."""
        return self._db.sole_writer

    def remember_groups(self, board_id: int, groups: Sequence[tuple[str, str]]) -> None:
        """Write the board's groups as seen now."""
        found = to_json([{"GROUP_ID": group_id, "GROUP_TITLE": title} for group_id, title in sorted(groups)])

        def work() -> None:
            now = self._now()
            self._db.execute(self._sql.get("push/see_groups"), [now, found, board_id])
            self._db.execute(self._sql.get("push/lose_groups"), [now, board_id, found])
            self._db.execute(self._sql.get("push/new_groups"), [board_id, now, now, found, board_id])

        self.transaction(work)

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
        found: list[Row] = []
        for made_again in (False, True):
            keys = [{"ORDER_KEY": key} for key in order_keys if (key in self.made_again) is made_again]
            if keys:
                found += self._db.query(self._sql.get("push/sizes_of_orders", made_again=made_again), [to_json(keys)])
        return found

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

    def claim(self, level: str, chunks: Sequence[Sequence[Key]]) -> tuple[dict[str, list[Row]], int]:
        """Claim rows, a request for each chunk; give the staged rows of each that still need work, and how many claims.

        To be called within ``transaction``. A row that stands in the chunks twice (put back by one answer, named by
        another that came with it) counts where it stands first.
        """
        wanted: dict[str, dict[str, Any]] = {}
        claimed: dict[str, list[Row]] = {}
        for keys in chunks:
            id_ = str(uuid.uuid4())
            claimed[id_] = []
            for key in keys:
                wanted.setdefault(
                    key.row_key,
                    {
                        "REQUEST_ID": id_,
                        "ROW_KEY": key.row_key,
                        "ORDER_KEY": key.order_key,
                        "SIZE_LABEL": key.size_label,
                    },
                )
        rows = to_json(list(wanted.values()))
        claims = self._claim(level, rows)
        for row in self._db.query(self._claimed(level, chunks), [rows]):
            claimed[row.pop("CLAIM_ID")].append(row)
        return claimed, claims

    def _claim(self, level: str, rows: str) -> int:
        until = self._now() + self._lease
        return self._db.execute(self._sql.get("push/claim", level=level), [self.worker, until, rows])

    def claim_groups(self, keys: Sequence[str]) -> tuple[str, set[str]]:
        """Claim the making of groups for a request; give its id, and the keys that no other run has claimed."""
        id_ = str(uuid.uuid4())

        def work() -> list[Row]:
            self._claim(GROUP, to_json([{"REQUEST_ID": id_, "ROW_KEY": key} for key in keys]))
            return self._db.query(self._sql.get("push/claims_of"), [id_])

        return id_, {row["ROW_KEY"] for row in self.transaction(work)}

    def release(self, request_id: str) -> None:
        """Release what was claimed for a request."""
        self.execute("push/release", [to_json([{"REQUEST_ID": request_id}])])

    def record_planned(self, ids: Iterable[str], claims: int, requests: Sequence[Request], unsent: Outcome) -> None:
        """Record what claimed rows came to, within the transaction that claimed them under these ids.

        ``unsent``: rows that are settled without a request. Claims of rows that no request carries are released.
        """
        self._record(requests)
        kept = [{"REQUEST_ID": request.id, "ROW_KEY": row.row_key} for request in requests for row in request.rows]
        if len(kept) < claims:
            claimed = to_json([{"REQUEST_ID": id_} for id_ in ids])
            self._db.execute(self._sql.get("push/release_rest"), [claimed, to_json(kept)])
        settled = [s.row for s in unsent.successes] + [f.row for f in unsent.failures]
        if settled:
            for number, row in enumerate(settled):
                row.aliases = [alias_at(number)]
            nothing = Request(str(uuid.uuid4()), UNSENT, settled, "")
            self._record([nothing])
            self._settle([(nothing, unsent)])

    def _claimed(self, level: str, chunks: Sequence[Sequence[Key]]) -> str:
        made_again = any(key.order_key in self.made_again for keys in chunks for key in keys)
        return self._sql.get("push/claimed_items" if level == ITEM else "push/claimed_sizes", made_again=made_again)

    def _record(self, requests: Sequence[Request]) -> None:
        now = self._now()
        for request in requests:
            batch_id = request.rows[0].batch_id or None if request.rows else None
            leaves = request.state == SENT
            due = now + dt.timedelta(seconds=request.rest if leaves else 0.0)
            self._db.execute(
                self._sql.get("push/record_request"),
                [
                    request.id,
                    self.run_id,
                    batch_id,
                    request.operation,
                    request.body,
                    len(request.rows),
                    self.worker,
                    now + self._lease,
                    request.attempts,
                    now,
                    now if leaves and request.operation != UNSENT else None,
                    request.state,
                    due,
                ],
            )
        rows = [row.ledger(request.id) for request in requests for row in request.rows]
        if rows:
            self._db.execute(self._sql.get("push/record_rows"), [to_json(rows)])

    def record(self, requests: Sequence[Request]) -> None:
        """Record requests of rows that no staged row stands for."""
        self.transaction(lambda: self._record(requests))

    def send_again(self, request: Request) -> bool:
        """Note that a request leaves once more; False: another run has taken it over, and it must not be sent.

        Whoever finds it open after a crash counts its rest from this sending, not from the first one.
        """
        now = self._now()
        due = now + dt.timedelta(seconds=request.rest)
        params = [now, request.attempts + 1, now + self._lease, due, request.id, self.worker]
        return self.execute("push/send_again", params) == 1

    def postpone(self, request: Request, seconds: float) -> None:
        """Note the state of an open request, and when something is to be done about it."""
        due = self._now() + dt.timedelta(seconds=seconds)
        self.execute("push/postpone", [request.state, due, request.attempts, request.id, self.worker])

    # -- closing ----------------------------------------------------------------------------------------------------

    def close_all(self, closings: Sequence[tuple[Request, Outcome]]) -> list[bool]:
        """Writes what became of requests, in one transaction: confirmed rows, errors, remainders, claims.

        False for a request, with nothing of it written, where another run took it over.
        """

        return self.transaction(lambda: self._settle(closings))

    def _settle(self, closings: Sequence[tuple[Request, Outcome]]) -> list[bool]:
        now = self._now()
        held = [self._close_request(request, outcome, now) for request, outcome in closings]
        ours = [closing for closing, mine in zip(closings, held, strict=True) if mine]
        self._write_back(ours, now)
        self._release(ours)
        return held

    def _write_back(self, closings: Sequence[tuple[Request, Outcome]], now: dt.datetime) -> None:
        """Write what became of rows: outcomes, then confirmed rows from what the ledger recorded, then errors."""
        rows = to_json(row_results(closings))

        def run(name: str, *params: Any, **options: Any) -> int:
            return self._db.execute(self._sql.get(f"push/{name}", **options), [*params, rows])

        run("close_rows")
        outcomes = [outcome for _, outcome in closings]
        for level in (ITEM, SUBITEM):
            done = [s.row for outcome in outcomes for s in outcome.successes if s.row.level == level]
            made = sum(row.kind == CREATE for row in done)
            if made and run("confirm", now, now, level=level, state="new", former=()) < made:  # the others are known
                former = self._former_columns() if level == ITEM else ()
                run("confirm", now, now, level=level, state="again", former=former)
            if any(row.kind not in (CREATE, ARCHIVE) for row in done):
                run("confirm", now, level=level, state="changed", former=())
            if any(row.has_errors for row in done):
                run("resolve_errors", now, f"push {self.run_id}", level=level)
        archived = any(s.row.level == ITEM and s.row.kind == ARCHIVE for o in outcomes for s in o.successes)
        if archived or any(outcome.gone_items for outcome in outcomes):
            run("archive_items", now, now)
        if any(outcome.gone_sizes for outcome in outcomes):
            run("forget_sizes")
        for level in (ITEM, SUBITEM):
            if errors := error_rows(closings, level):
                self._db.execute(self._sql.get("push/record_errors", level=level), [now, now, to_json(errors)])

    def _former_columns(self) -> tuple[str, ...]:
        rows = self._db.query(self._sql.get("push/former_columns"), [self._db.schema])
        return tuple(str(row["NAME"]) for row in rows)

    def _close_request(self, request: Request, outcome: Outcome, now: dt.datetime) -> bool:
        params = [outcome.name, now, outcome.http_status, outcome.monday_request_id, request.cost, request.attempts]
        return self._db.execute(self._sql.get("push/close_request"), [*params, request.id, self.worker]) == 1

    def _release(self, closings: Sequence[tuple[Request, Outcome]]) -> None:
        """Claims end with their request; those of a remainder go over to the request that carries it on."""
        for request, outcome in closings:
            self._record(outcome.carried)
            for carried in outcome.carried:
                keep = to_json([{"ROW_KEY": row.row_key} for row in carried.rows])
                self._db.execute(self._sql.get("push/move_claims"), [carried.id, self.worker, request.id, keep])
        ended = [{"REQUEST_ID": request.id} for request, _ in closings if request.rows]
        if ended:
            self._db.execute(self._sql.get("push/release"), [to_json(ended)])

    # -- recovery ---------------------------------------------------------------------------------------------------

    def open_requests(self) -> list[Row]:
        """Requests without an outcome, oldest first."""
        return self._db.query(self._sql.get("push/open_requests"))

    def recover(self, found: Row) -> Request | None:
        """Take a dead run's request over, with its rows; None where its lease runs or another run was quicker."""

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

        if not self.transaction(work):
            return None
        rows = self._db.query(self._sql.get("push/request_rows"), [found["REQUEST_ID"]])
        return Request(
            id=found["REQUEST_ID"],
            operation=found["OPERATION"],
            body=found["BODY"],
            attempts=found["ATTEMPTS"],
            rows=[from_ledger(row) for row in rows],
            state=found["STATE"] or SENT,
        )

    def release_orphans(self) -> None:
        """Release claims of dead runs that belong to no request."""
        sole = self._db.sole_writer
        self.execute("push/release_orphans", [self.worker] if sole else [self.worker, self._now()], sole_writer=sole)


ABANDONED = "The run that worked on this batch ended without a word; its rows are taken up again by the next push."
"""What stands in the summary of a dead run's batch."""


class Batches:
    """The batches of a run."""

    def __init__(
        self,
        ledger: Ledger,
        selection: Selection,
        *,
        now: Callable[[], dt.datetime],
        started_by: str,
        config: Mapping[str, Any],
    ) -> None:
        self._ledger, self._selection, self.now = ledger, selection, now
        self._about = [to_json(selection.filters) if selection.targeted else None, started_by, to_json(dict(config))]
        self._ours: set[str] = set()
        self._unopened: list[dict[str, str | None]] = []
        self._revived: set[str] = set()
        """Batches of dead runs of which this one settles a request."""
        self._marks: dict[str, dt.datetime] = {}
        stamp = now().strftime("%Y%m%dT%H%M%S")
        self.target_id = f"{stamp}-{str(uuid.uuid4())[:6]}-TARGET" if selection.targeted else None

    def start(self, counts: Iterable[Mapping[str, Any]]) -> None:
        """Opens a row for every batch that has work; ``counts`` as ``count_work`` gives them."""
        if self.target_id:
            self._note(self.target_id, self._selection.customer, "TARGETED")
        found: dict[str, tuple[str, int]] = {}
        for row in counts if not self.target_id else ():
            _, fresh = found.get(row["BATCH_ID"], ("", 0))
            rows = int(row["ROWS_STAGED"]) - int(row["RETRIES"] or 0)
            found[row["BATCH_ID"]] = (row["BATCH_CUSTOMER"], fresh + rows)
        for batch_id, (customer, fresh) in found.items():
            self._note(batch_id, customer, "FULL" if fresh else "RETRY")
        self.save()

    def _note(self, batch_id: str, customer: str | None, kind: str) -> None:
        """A batch of this run; its row is opened when the figures are next written."""
        self._ours.add(batch_id)
        self._unopened.append({"BATCH_ID": batch_id, "CUSTOMER_NAME": customer, "BATCH_TYPE": kind})

    def of(self, staged: Mapping[str, Any]) -> str:
        """The batch that a staged row counts in."""
        batch_id = self.target_id or str(staged["BATCH_ID"])
        if batch_id not in self._ours:  # staging was rebuilt while the push runs
            self._note(batch_id, staged["BATCH_CUSTOMER"], "FULL")
        return batch_id

    def revive(self, rows: Iterable[WorkRow]) -> None:
        """Rows of a request that a dead run left open count in the batches of that run."""
        self._revived |= {row.batch_id for row in rows if row.batch_id}

    def mark(self, phase: str) -> None:
        """Notes that a phase of the run is over."""
        self._marks[phase] = self.now()

    @staticmethod
    def _ids(ids: Iterable[str]) -> str:
        return to_json([{"BATCH_ID": id_} for id_ in sorted(ids)])

    @property
    def _staged(self) -> tuple[list[Any], dict[str, Any]]:
        """Parameters and options of what is left in staging."""
        target: list[Any] = [self.target_id] if self.target_id else []
        return [*target, *self._selection.params] * 2, {"selection": self._selection.names, "targeted": bool(target)}

    def _count(self, state: Literal["going", "ended", "stopped"], summary: str | None = None) -> None:
        if not self._ours:
            return
        ids, params, options = self._ids(self._ours), *self._staged
        if self._unopened:
            filters, *who = self._about
            started = self._marks.get("START", self.now())
            self._ledger.execute("batches/open", [filters, started, *who, to_json(self._unopened)])
            self._ledger.begin_batches(ids, started)
            self._unopened = []
        times = [self.now() if state != "going" else None, self._marks.get("PREFLIGHT"), self._marks.get("GROUPS")]
        why = [] if state == "going" else [summary, summary]
        self._ledger.execute("batches/count", [ids, *params, *times, *why], state=state, **options)

    def save(self) -> None:
        """Brings the figures up to date while the run goes on."""
        self._count("going")

    def end_dead(self, batches: Iterable[str] | None = None) -> None:
        """Ends the batches of dead runs (all that have no end yet, where none are named), with what became of them."""
        ids = self._ledger.dead_batches() if batches is None else set(batches)
        if ids:
            self._ledger.execute("batches/count", [self._ids(ids), ABANDONED], state="dead")

    def finish(self, *, summary: str | None, stopped: bool = False) -> list[Row]:
        """Ends every batch of the run with a status from its counts; gives what the run made of each.

        ``stopped``: the run was asked to end, or had to, before it had come to all rows.
        """
        self._count("stopped" if stopped else "ended", summary)
        self.end_dead(self._revived - self._ours)
        params, options = self._staged
        ids = self._ids(self._ours | self._revived)
        return self._ledger.query("batches/of_run", [ids, self._ledger.run_id, *params], **options)
