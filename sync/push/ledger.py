"""Everything a push does in the database: claims, recorded requests, write-back, batches; and what its parts share.

Each public method of the ledger is one transaction, run again by itself where the engine says that this may help
(deadlock victim, lost connection, write conflict). Requests are recorded before they are sent; their outcomes and the
confirmed rows are written together; the fence in ``close_request`` lets only the worker that holds a request close it.
Several requests share a transaction where they come together: a statement costs much more than the rows it carries.
"""

import datetime as dt
import getpass
import os
import socket
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from sync.database import Row
from sync.errors import SyncError
from sync.log import of_run
from sync.monday.answers import RawAnswer
from sync.monday.board import Group
from sync.monday.documents import alias_at
from sync.monday.http import MondayClient
from sync.monday.meter import Meter
from sync.monday.reading import Reader
from sync.push.plan import (
    ARCHIVE,
    CREATE,
    DONE,
    GROUP,
    ITEM,
    SENT,
    SUBITEM,
    UNSENT,
    Closing,
    Failure,
    Request,
    Result,
    To,
    recovered,
    to_json,
)
from sync.push.staged import Selection
from sync.session import Runtime, Session
from sync.settings import MAX_RUNS, Settings

T = TypeVar("T")

LEASED = ("MON_ApiRequests", "MON_RowClaims", "MON_BatchProcessing")


def _errors(closing: Closing, result: Result) -> list[dict[str, Any]]:
    """Return the failed attempt at a row, and the cells that were left blank in one that got through."""
    row, status = result.row, closing.http_status
    cells = row.left_out if result.to in DONE else ()
    failures = [result.failure] if result.failure else []
    failures += [Failure("CELL", cell.code, cell.text, False, status, cell.stage, cell) for cell in cells]
    sent = to_json([{"operation": op.field, **op.arguments} for op in row.operations]) if failures else ""
    # the number of the run in which it failed, of those at the same data and mapping
    attempt = int(row.values.get("ATTEMPTS") or 0) + 1
    return [
        {
            "REQUEST_ID": closing.request.id,
            "ALIAS": row.aliases[0],
            "ERR_ID": str(uuid.uuid4()),
            "STAGE": failure.stage,
            "ERROR_CLASS": failure.error_class,
            "ERROR_CODE": failure.code[:100],
            "ERROR_MESSAGE": failure.message,
            "COLUMN_NAME": failure.cell.column if failure.cell else None,
            "COLUMN_ID": failure.cell.column_id if failure.cell else None,
            "COLUMN_VALUE": failure.cell.value if failure.cell else None,
            "HTTP_STATUS": failure.http_status,
            "API_PAYLOAD": sent,
            "ATTEMPT": attempt,
            "RETRYABLE": int(failure.retryable),
            "MAX_RETRIES_REACHED": int(failure.retryable and attempt >= MAX_RUNS),
        }
        for failure in failures
    ]


class Ledger:
    """The push's side of the database, for one worker."""

    def __init__(self, session: Session, settings: Settings, runtime: Runtime, run_id: str, worker: str = "") -> None:
        self._session, self.query, self.run = session, session.query, session.execute
        self._settings, self._sleep = settings, runtime.clock.sleep
        self.now, self.run_id = runtime.now, run_id
        self.worker = worker or f"{socket.gethostname()[:60]}:{os.getpid()}:{run_id[:8]}"
        self.alone = session.alone  # no other run can be writing (a DuckDB file)

    def transaction(self, work: Callable[[], T]) -> T:
        """Run a transaction until it succeeds or the tries are used up."""
        return self._session.transaction(work, self._sleep, reconnect=not self.alone)

    def execute(self, name: str, params: Sequence[Any] = (), /, **options: Any) -> int:
        """Run one named statement as a transaction of its own; return how many rows it changed."""
        return self.transaction(lambda: self.run(name, params, **options))

    # -- leases -----------------------------------------------------------------------------------------------------

    def lease(self, seconds: float | None = None) -> dt.datetime:
        """Return when a lease taken now runs out."""
        return self.now() + dt.timedelta(seconds=self._settings.lease_seconds if seconds is None else seconds)

    def renew(self, seconds: float | None = None) -> None:
        """Extend this worker's leases; by no seconds, end them, so that the next run needn't wait."""
        holders = dict.fromkeys(LEASED, self.worker) | {"MON_BatchProcessing": self.run_id}
        self.transaction(
            lambda: [
                self.run("push/renew_leases", [self.lease(seconds), holder], name=name)
                for name, holder in holders.items()
            ]
        )

    @property
    def late(self) -> dt.datetime:
        """Return the moment before which the lease of a dead run ends: all are dead where we hold the file."""
        # times in the database are naive UTC
        return dt.datetime(9999, 12, 31) if self.alone else self.now()  # noqa: DTZ001

    # -- claiming and recording -------------------------------------------------------------------------------------

    def claim(
        self, level: str, chunks: Sequence[Sequence[Row]], *, made_again: bool
    ) -> tuple[dict[str, list[Row]], int]:
        """Claim rows, a request for each chunk; give the staged rows of each that still need work, and how many claims.

        To be called within ``transaction``. A row that stands in the chunks twice (put back by one answer, named by
        another that came with it) counts where it stands first. ``made_again``: an item among them was gone, and is
        made again in this run, with all its sizes.
        """
        claimed: dict[str, list[Row]] = {str(uuid.uuid4()): [] for _ in chunks}
        chunked = reversed([*zip(claimed, chunks, strict=True)])  # whose last entry counts
        wanted = {key["ROW_KEY"]: key | {"REQUEST_ID": id_} for id_, keys in chunked for key in keys}
        rows = to_json([*wanted.values()])
        claims = self.run("push/claim", [self.worker, self.lease(), rows], level=level)
        for staged in self.query("push/claimed", [rows], level=level, made_again=made_again):
            claimed[staged.pop("CLAIM_ID")].append(staged)
        return claimed, claims

    def claim_groups(self, keys: Sequence[str]) -> tuple[str, set[str]]:
        """Claim the making of groups for a request; give its id, and the keys that no other run has claimed."""
        id_ = str(uuid.uuid4())
        wanted = [{"REQUEST_ID": id_, "ROW_KEY": key} for key in keys]
        self.execute("push/claim", [self.worker, self.lease(), to_json(wanted)], level=GROUP)
        return id_, {row["ROW_KEY"] for row in self.query("push/claims_of", [id_])}

    def record_claimed(self, ids: Iterable[str], claims: int, requests: Sequence[Request], done: list[Result]) -> None:
        """Record what claimed rows came to, within the transaction that claimed them under these ids.

        ``done``: rows that are settled without a request. Claims of rows that no request carries are released.
        """
        self._record(requests)
        kept = [{"REQUEST_ID": request.id, "ROW_KEY": row.row_key} for request in requests for row in request.rows]
        if len(kept) < claims:
            self.run("push/release", [to_json([{"REQUEST_ID": id_} for id_ in ids]), to_json(kept)], rest=True)
        if done:
            for number, result in enumerate(done):
                result.row.aliases = [alias_at(number)]
            nothing = Request(str(uuid.uuid4()), UNSENT, [result.row for result in done], "", SENT)
            self._record([nothing])
            self._settle([Closing(nothing, done)])

    def record(self, requests: Sequence[Request]) -> None:
        """Record requests of rows that no staged row stands for."""
        self.transaction(lambda: self._record(requests))

    def _record(self, requests: Sequence[Request]) -> None:
        now = self.now()
        for request in requests:
            leaves = request.state == SENT
            self.run(
                "push/record_request",
                [
                    request.id,
                    self.run_id,
                    request.rows[0].batch_id or None,
                    request.operation,
                    request.body,
                    len(request.rows),
                    self.worker,
                    self.lease(),
                    request.attempts,
                    now,
                    now if leaves and request.operation != UNSENT else None,
                    request.state,
                    self.lease(request.rest(self._settings) if leaves else 0.0),
                ],
            )
        rows = [row.ledger(request.id) for request in requests for row in request.rows]
        if rows:
            self.run("push/record_rows", [to_json(rows)])

    def send_again(self, request: Request) -> bool:
        """Note that a request leaves once more; False: another run has taken it over, and it must not be sent.

        Whoever finds it open after a crash counts its rest from this sending, not from the first one.
        """
        noted = [self.now(), request.attempts + 1, self.lease(), self.lease(request.rest(self._settings))]
        return self.execute("push/send_again", [*noted, request.id, self.worker]) == 1

    def postpone(self, request: Request, seconds: float) -> None:
        """Note the state of an open request, and when something is to be done about it."""
        self.execute("push/postpone", [request.state, self.lease(seconds), request.attempts, request.id, self.worker])

    # -- closing ----------------------------------------------------------------------------------------------------

    def close(self, closings: Sequence[Closing]) -> list[Closing]:
        """Write what became of requests, in one transaction: confirmed rows, errors, remainders, claims.

        Returns those of which it was written: of a request that another run took over nothing is.
        """
        return self.transaction(lambda: self._settle(closings))

    def _settle(self, closings: Sequence[Closing]) -> list[Closing]:
        now, ours = self.now(), list[Closing]()
        for closing in closings:
            request, answered = closing.request, [closing.http_status, closing.monday_request_id]
            closed = [closing.name, now, *answered, request.cost, request.attempts, request.id, self.worker]
            if self.run("push/close_request", closed) == 1:
                ours.append(closing)
        if ours:
            self._write_back(ours, now)
            for closing in ours:  # the claims of a remainder go over to the request that carries it on
                self._record(closing.carried)
                for carried in closing.carried:
                    keep = to_json([{"ROW_KEY": row.row_key} for row in carried.rows])
                    self.run("push/move_claims", [carried.id, self.worker, closing.request.id, keep])
            self.run("push/release", [to_json([{"REQUEST_ID": closing.request.id} for closing in ours])], rest=False)
        return ours

    def _write_back(self, closings: Sequence[Closing], now: dt.datetime) -> None:
        """Write what became of rows: outcomes, then what the ledger recorded of confirmed rows, and errors."""
        settled = [(closing, result) for closing in closings for result in closing.results]
        rows = to_json(
            [
                {
                    "REQUEST_ID": closing.request.id,
                    "ALIAS": result.row.aliases[0],
                    "OUTCOME": str(result.to)
                    if result.to in (*DONE, To.GONE)
                    else result.failure.error_class[:20]
                    if result.failure
                    else str(To.RELEASED),
                    "MONDAY_ID": None if result.monday_id is None else str(result.monday_id),
                    "BOARD_ID": result.board_id,
                    "DIFFERS": int(result.differs),
                }
                for closing, result in settled
                if result.to is not To.UNKNOWN  # one that is carried on unknown has no outcome
            ]
        )

        def run(name: str, *params: Any, **options: Any) -> int:
            return self.run(f"push/{name}", [*params, rows], **options)

        run("close_rows")
        for level in (ITEM, SUBITEM):
            done = [result.row for _, result in settled if result.to in DONE and result.row.level == level]
            made = sum(row.kind == CREATE for row in done)
            if made and run("confirm", now, now, level=level, state="new", former=()) < made:  # the others are known
                former = self.query("push/former_columns", [self._session.database.schema]) if level == ITEM else []
                run("confirm", now, now, level=level, state="again", former=tuple(row["NAME"] for row in former))
            if any(row.kind not in (CREATE, ARCHIVE) for row in done):
                run("confirm", now, level=level, state="changed", former=())
            if any(row.has_errors for row in done):
                run("resolve_errors", now, f"push {self.run_id}", level=level)
            if errors := [row for each in settled if each[1].row.level == level for row in _errors(*each)]:
                self.run("push/record_errors", [now, now, to_json(errors)], level=level)
        if any(result.to is To.GONE or (result.to in DONE and result.row.kind == ARCHIVE) for _, result in settled):
            run("archive_items", now, now)
            run("forget_sizes")

    # -- recovery ---------------------------------------------------------------------------------------------------

    def recover(self, found: Mapping[str, Any]) -> Request | None:
        """Take a dead run's request over, with its rows; None where its lease runs or another run was quicker."""
        id_ = found["REQUEST_ID"]

        def work() -> bool:
            won = self.run("push/take_over", [self.worker, self.run_id, self.lease(), id_, found["WORKER"], self.late])
            if won == 1:
                self.run("push/take_over_claims", [self.worker, self.lease(), id_])
            return won == 1

        if found["WORKER"] == self.worker or not self.transaction(work):
            return None
        return recovered(found, self.query("push/request_rows", [id_]))

    def remember_groups(self, board_id: int, groups: Iterable[Group]) -> None:
        """Write the board's groups as seen now."""
        seen = sorted((group.id, group.title) for group in groups)
        now, found = self.now(), to_json([{"GROUP_ID": id_, "GROUP_TITLE": title} for id_, title in seen])
        self.transaction(
            lambda: (
                self.run("push/see_groups", [now, found, board_id])
                + self.run("push/new_groups", [board_id, now, now, found, board_id])
            )
        )


@dataclass
class Totals:
    """Calls of a run, its rows so far for the eye, and what ended it early. Its figures come from the ledger.

    ``done``: rows confirmed so far. ``limited``: --limit left out rows that had room.
    ``reasons``: sentences that say why others stay staged.
    ``stopped``: why it ended before it had come to all rows, with the exit code.
    """

    done: int = 0
    failed: int = 0
    api_calls: int = 0
    api_retries: int = 0
    lookups: int = 0
    complexity_used: int = 0
    held_by_others: int = 0
    limited: bool = False
    reasons: list[str] = field(default_factory=list)
    stopped: SyncError | None = None


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


class Batches:
    """The batches of a run."""

    def __init__(self, ledger: Ledger, selection: Selection, config: Mapping[str, Any]) -> None:
        self._ledger, self._selection, self._now = ledger, selection, ledger.now
        self._config = to_json(dict(config))
        self._ours: set[str] = set()
        self._unopened: list[dict[str, str | None]] = []
        self.revived: set[str] = set()  # batches of dead runs of which this one settles a request
        self.times: dict[str, dt.datetime] = {}  # when the phases of the run were over
        targeted = selection.targeted
        self.target_id = f"{self._now():%Y%m%dT%H%M%S}-{str(uuid.uuid4())[:6]}-TARGET" if targeted else None
        # parameters of what is left in staging
        self._staged = [*([self.target_id] if targeted else []), *selection.params] * 2
        self._options = {"selection": selection.names, "targeted": targeted}

    def start(self, counts: Iterable[Mapping[str, Any]]) -> None:
        """Open a row for every batch that has work; ``counts`` as ``count_work`` gives them."""
        if self.target_id:
            self._note(self.target_id, self._selection.customer, "TARGETED")
        fresh = Counter[tuple[str, str]]()
        for row in counts if not self.target_id else ():
            fresh[row["BATCH_ID"], row["BATCH_CUSTOMER"]] += int(row["ROWS_STAGED"]) - int(row["RETRIES"] or 0)
        for (batch_id, customer), rows in fresh.items():
            self._note(batch_id, customer, "FULL" if rows else "RETRY")
        self.count("going")

    def _note(self, batch_id: str, customer: str | None, kind: str) -> None:
        self._ours.add(batch_id)
        self._unopened.append({"BATCH_ID": batch_id, "CUSTOMER_NAME": customer, "BATCH_TYPE": kind})

    def of(self, staged: Mapping[str, Any]) -> str:
        """Return the batch that a staged row counts in."""
        batch_id = self.target_id or str(staged["BATCH_ID"])
        if batch_id not in self._ours:  # staging was rebuilt while the push runs
            self._note(batch_id, staged["BATCH_CUSTOMER"], "FULL")
        return batch_id

    def count(self, state: Literal["going", "ended", "stopped"], *summary: str | None) -> None:
        """Bring the figures up to date while the run goes on, or at its end; rows of new batches are opened."""
        if not self._ours:
            return
        run, ids = self._ledger.run_id, _ids(self._ours)

        def write() -> None:
            if self._unopened:
                started, who = self.times.get("START", self._now()), f"{_user()}@{socket.gethostname()}"
                filters = to_json(self._selection.filters) if self._selection.targeted else None
                self._ledger.run("batches/open", [filters, started, who, self._config, to_json(self._unopened)])
                self._ledger.run("batches/begin", [run, started, self._ledger.lease(), run, ids])
            times = [self._now() if state != "going" else None, self.times.get("PREFLIGHT"), self.times.get("GROUPS")]
            self._ledger.run("batches/count", [ids, *self._staged, *times, *summary * 2], state=state, **self._options)

        self._ledger.transaction(write)  # together: nobody sees a batch without its figures
        self._unopened = []

    def end_dead(self, batches: set[str] | None = None) -> None:
        """End the batches of dead runs (all that have no end yet, where none are named), with what became of them."""
        if batches is None:
            dead = self._ledger.query("batches/dead", [self._ledger.run_id, self._ledger.late])
            batches = {row["BATCH_ID"] for row in dead}
        if batches:
            said = (
                "The run that worked on this batch ended without a word; its rows are taken up again by the next push."
            )
            self._ledger.execute("batches/count", [_ids(batches), said], state="dead")

    def finish(self, *, summary: str | None, stopped: bool = False) -> list[Row]:
        """End every batch of the run with a status from its counts; give what the run made of each.

        ``stopped``: the run was asked to end, or had to, before it had come to all rows.
        """
        self.count("stopped" if stopped else "ended", summary)
        self.end_dead(self.revived - self._ours)
        return self._ledger.query(
            "batches/of_run", [_ids(self._ours | self.revived), self._ledger.run_id, *self._staged], **self._options
        )


def _ids(ids: Iterable[str]) -> str:
    return to_json([{"BATCH_ID": id_} for id_ in sorted(ids)])


class Run:
    """What the parts of a run have in common; ``config`` is kept with its batches."""

    def __init__(
        self,
        session: Session,
        settings: Settings,
        runtime: Runtime,
        stop: threading.Event,
        selection: Selection | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> None:
        self.session, self.settings, self.runtime, self.stop = session, settings, runtime, stop
        self.totals, self.meter = Totals(), Meter(runtime.clock)
        self.ledger = Ledger(session, settings, runtime, str(uuid.uuid4()))
        of_run(self.ledger.run_id)
        self.client = MondayClient(
            settings.api_url, settings.token, settings.api_version, clock=runtime.clock, transport=runtime.transport
        )
        self.reader = Reader(self._read, runtime.clock, runtime.random, self.meter.observe, stop.is_set)
        self.batches = Batches(self.ledger, selection or Selection(), config or {})

    def _read(self, body: str) -> RawAnswer:
        self.totals.api_calls += 1
        return self.client.send(body, timeout=self.settings.request_timeout)
