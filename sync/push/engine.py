"""The push: one coordinating thread decides and writes to the database, worker threads only carry HTTP.

Everything that can happen to a request is handled here; what happens to a row is decided in ``outcomes``.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from sync.database import Row
from sync.log import PROGRESS
from sync.monday.answers import Answer, RawAnswer, Verdict, read_answer
from sync.monday.documents import ArchiveItem, build_request, find_items_query, items_query
from sync.monday.http import MondayClient
from sync.monday.items import size_in_name
from sync.monday.meter import Meter, Ticket
from sync.monday.reading import BoardItem, PutOff, QuotaUsedUp, parse_items
from sync.monday.retry import Backoff, Clock, Patience, pause, put_off
from sync.monday.values import NewLabel, ValueProblem, fold
from sync.push.groups import BoardContext
from sync.push.ledger import Batches, Ledger
from sync.push.outcomes import (
    ON_OTHER_BOARD,
    Failure,
    Outcome,
    Sorted,
    Success,
    elsewhere,
    item_of,
    not_found,
    settled,
    sort_rows,
    unanswered,
)
from sync.push.plan import (
    ARCHIVE,
    CREATE,
    ITEM,
    SUBITEM,
    UPDATE,
    Key,
    Request,
    WorkRow,
    jsonable,
    key_request,
    number_aliases,
    plan_item,
    plan_size,
)
from sync.push.queue import WorkQueue
from sync.settings import MAX_ATTEMPTS, MAX_IDS, MAX_KEYS, MAX_QUESTIONS, MOST_ROWS, SLOW_SHARE, Settings
from sync.words import counted


@dataclass
class Totals:
    """Calls of a run, its rows so far for the eye, and what ended it early. Its figures come from the ledger."""

    done: int = 0
    """Rows confirmed so far."""
    failed: int = 0
    api_calls: int = 0
    api_retries: int = 0
    lookups: int = 0
    complexity_used: int = 0
    held_by_others: int = 0
    board_full: bool = False
    interrupted: bool = False
    quota_used_up: bool = False
    stopped_because: str | None = None
    put_off: str | None = None
    """Why the run ended before its rows were through, where Monday only ever told it to wait."""

    @property
    def stopped(self) -> bool:
        """Whether the run ended before it had come to all rows: asked to, or made to by Monday."""
        return bool(self.interrupted or self.quota_used_up or self.put_off or self.stopped_because)


@dataclass(frozen=True)
class _Closing:
    request: Request
    outcome: Outcome
    then: Callable[[], None] | None


class Closings:
    """Collects outcomes; ``flush`` writes them and counts them."""

    def __init__(self, ledger: Ledger, board: BoardContext, queue: WorkQueue, totals: Totals) -> None:
        self._ledger, self._board, self._queue, self._totals = ledger, board, queue, totals
        self._pending: list[_Closing] = []

    def add(self, request: Request, outcome: Outcome, then: Callable[[], None] | None = None) -> None:
        """An outcome to write; ``then`` runs once it is written, not at all where another run took the request over."""
        self._pending.append(_Closing(request, outcome, then))

    def flush(self) -> None:
        """Writes what came in, in one transaction; the sizes of confirmed orders follow at once."""
        pending, self._pending = self._pending, []
        if not pending:
            return
        held = self._ledger.close_all([(closing.request, closing.outcome) for closing in pending])
        ours = [closing for closing, mine in zip(pending, held, strict=True) if mine]
        for closing in ours:
            outcome = closing.outcome
            for success in outcome.successes:
                self._board.labels.confirm(success.row.new_labels)
            failed = [failure.row for failure in outcome.failures]
            for row in [*failed, *outcome.released, *outcome.gone_items, *outcome.gone_sizes]:
                self._board.labels.take_back(row.new_labels)
            self.count(outcome)
        for closing in ours:
            if closing.then is not None:
                closing.then()

    def count(self, outcome: Outcome) -> None:
        """Counts what was written for the progress; the sizes of confirmed orders follow at once."""
        self._totals.done += len(outcome.successes)
        self._totals.failed += len(outcome.failures)
        self._queue.confirmed([s.row.order_key for s in outcome.successes if s.row.level == ITEM])


@dataclass
class Lookup:
    """A question about the rows of some requests."""

    requests: list[Request]
    body: str
    failures: int = 0
    refusals: int = 0
    not_before: float = 0.0


@dataclass
class Hit:
    """What the board has of a lost creation."""

    id: int
    board_id: int | None
    differs: bool = False
    """True where a subitem shows another quantity than the one that was sent."""
    surplus: list[int] = field(default_factory=list)
    """Further items with the same key: the API made more than one."""


def _grouped(requests: Sequence[Request], most: int, count: Any) -> Iterator[list[Request]]:
    group: list[Request] = []
    for request in requests:
        if group and count([*group, request]) > most:
            yield group
            group = []
        group.append(request)
    if group:
        yield group


def items_lookup(requests: Sequence[Request], board: BoardContext) -> list[Lookup]:
    """Questions for lost items, by order key."""
    key = board.key_column_id

    def keys(group: Sequence[Request]) -> list[str]:
        return [row.order_key for request in group for row in request.rows]

    return [
        Lookup(group, find_items_query(board.board_id, key, keys(group)[:MAX_KEYS], [key]))
        for group in _grouped(requests, MAX_KEYS, lambda group: len(keys(group)))
    ]


def sizes_lookup(requests: Sequence[Request], board: BoardContext) -> list[Lookup]:
    """Questions for lost sizes, through their parents."""

    def parents(group: Sequence[Request]) -> list[int]:
        return sorted({row.parent_id for request in group for row in request.rows if row.parent_id is not None})

    columns = [column.column_id for column in board.size_columns if column.type != "name"]
    return [
        Lookup(group, items_query(parents(group)[:MAX_IDS], [], subitem_column_ids=columns))
        for group in _grouped(requests, MAX_IDS, lambda group: len(parents(group)))
    ]


def matched(lookup: Lookup, data: Mapping[str, Any], board: BoardContext) -> dict[str, Hit]:
    """Row key to what the board has of it."""
    items = parse_items(data).items
    rows = [row for request in lookup.requests for row in request.rows]
    if rows and rows[0].level == ITEM:
        return _matched_items(rows, items, board)
    return _matched_sizes(rows, items, board)


def _matched_items(rows: Sequence[WorkRow], items: Sequence[BoardItem], board: BoardContext) -> dict[str, Hit]:
    by_key: dict[str, list[int]] = {}
    for item in items:
        if item.state in (None, "active"):
            # the search ignores case, the key doesn't
            by_key.setdefault((item.values.get(board.key_column_id) or "").strip(), []).append(item.id)
    hits = {}
    for row in rows:
        ids = sorted(by_key.get(row.order_key, []))
        if ids:
            hits[row.row_key] = Hit(ids[0], board.board_id, surplus=ids[1:])
    return hits


def _matched_sizes(rows: Sequence[WorkRow], items: Sequence[BoardItem], board: BoardContext) -> dict[str, Hit]:
    size, quantity = board.size_column_ids
    found: dict[tuple[int, str], list[BoardItem]] = {}
    for parent in items:
        for subitem in parent.subitems:
            if subitem.state in (None, "active"):
                label = (
                    subitem.values.get(size) or size_in_name(subitem.name) or ""
                )  # the cell may have been left blank
                found.setdefault((parent.id, fold(label)), []).append(subitem)
    hits = {}
    for row in rows:
        same = sorted(found.get((row.parent_id or 0, fold(row.size_label or "")), []), key=lambda item: item.id)
        if same:
            text, sent = (same[0].values.get(quantity) or "").strip(), row.values["ORDER_QTY"]
            differs = bool(text) if sent is None else not text or float(text) != float(sent)
            hits[row.row_key] = Hit(
                same[0].id, same[0].board_id, differs=differs, surplus=[item.id for item in same[1:]]
            )
    return hits


class Sender(Protocol):
    """The push, as recovery needs it."""

    def resend(self, request: Request) -> None:
        """Sends a recorded request when its time comes."""

    def hand_out_again(self, rows: list[WorkRow], failures: int, delay: float) -> None:
        """Puts rows back into the queue after ``delay`` seconds, in new requests."""


class Recovery:
    """The requests that nobody knows the outcome of."""

    def __init__(
        self,
        *,
        settings: Settings,
        ledger: Ledger,
        batches: Batches,
        board: BoardContext,
        clock: Clock,
        totals: Totals,
        closings: Closings,
        sender: Sender,
        patience: Patience,
        random: Callable[[], float],
    ) -> None:
        self._settings, self._ledger, self._batches, self._board = settings, ledger, batches, board
        self._clock, self._totals, self._closings, self._sender = clock, totals, closings, sender
        self._patience, self._random = patience, random
        self._parked: list[Request] = []
        self._lookups: list[Lookup] = []

    def take_over(self) -> None:
        """Takes over what dead runs left open; rows of a live run are counted and left alone."""
        now, monotonic = self._batches.now(), self._clock.monotonic()
        self._ledger.forget_dead_groups(self._board.board_id)
        for found in self._ledger.open_requests():
            request = self._ledger.take_over(found)
            if request is None:
                self._totals.held_by_others += int(found["ROWS_HELD"])
                continue
            # a clock that differs may have sent it in the future: it rests no longer than one that was just sent
            sent = min(found["SENT_AT"] or found["RECORDED_AT"], now)
            age = (now - sent).total_seconds()
            if request.operation == "CREATE_GROUP":
                self._board.rest_groups(request, max(self._settings.parent_settle_seconds - age, 0.0))
                continue
            self._batches.revive(request.rows)
            if request.creates:
                self._rest(request, max(self._settle_seconds(request) - age, 0.0))
            else:
                # what newer staging holds of these rows must not be overtaken by what Monday may be at work on yet
                request.open = not request.repairs
                rest = self._settings.parent_settle_seconds - age if request.open else 0.0
                request.not_before = monotonic + max(rest, 0.0)
                self._sender.resend(request)

    def _settle_seconds(self, request: Request) -> float:
        """Sizes are found through their parent, which has no search lag."""
        if request.operation == "CREATE_SUBITEM":
            return self._settings.parent_settle_seconds
        return self._settings.settle_seconds

    def _rest(self, request: Request, seconds: float) -> None:
        request.not_before = self._clock.monotonic() + seconds
        self._parked.append(request)

    def park(self, request: Request) -> None:
        """A creation whose answer was lost rests until the server's time-out and the search lag have passed."""
        self._rest(request, self._settle_seconds(request))

    def ask_first(self, request: Request, seconds: float) -> None:
        """A creation that was told to wait: such a refusal has been seen after the work, too.

        So after the wait the board is asked before the creation is sent again.
        """
        self._rest(request, seconds)

    def remainder(self, request: Request, rows: list[WorkRow], answer: Answer) -> Request:
        """The rows whose outcome an answer left open, as a request that is only looked up (empty body)."""
        rest = Request(str(uuid.uuid4()), request.operation, rows, "", attempts=request.attempts)
        rest.failures = request.failures + 1
        rest.last_answer = answer
        return rest

    def next_moments(self) -> list[float]:
        """When questions are due (monotonic seconds)."""
        return [request.not_before for request in self._parked] + [lookup.not_before for lookup in self._lookups]

    def due(self, now: float) -> list[Lookup]:
        """Questions to put now: those to repeat, and those for requests that have rested, up to 100 rows together."""
        again = [lookup for lookup in self._lookups if lookup.not_before <= now]
        if again:
            self._lookups = [lookup for lookup in self._lookups if lookup not in again]
            return again
        rested = [request for request in self._parked if request.not_before <= now]
        chosen: list[Request] = []
        rows = 0
        for request in rested:
            same = request.operation == rested[0].operation
            if same and (not chosen or rows + len(request.rows) <= MOST_ROWS):
                chosen.append(request)
                rows += len(request.rows)
        if not chosen:
            return []
        self._parked = [request for request in self._parked if request not in chosen]
        make = items_lookup if chosen[0].operation == "CREATE_ITEM" else sizes_lookup
        return make(chosen, self._board)

    def answered(self, lookup: Lookup, answer: Answer) -> None:
        """Adopts what the board has of lost creations; what it hasn't is sent again."""
        if answer.verdict is Verdict.WAIT:
            self._patience.heard(answer, self._clock.monotonic())  # an answered question is no write that got through
        if answer.verdict is not Verdict.ANSWERED or answer.data is None:
            self._ask_again(lookup, answer)
            return
        found = matched(lookup, answer.data, self._board)
        for request in lookup.requests:
            hits = [(row, found[row.row_key]) for row in request.rows if row.row_key in found]
            if not hits and request.body and request.tries < MAX_ATTEMPTS:
                request.not_before = self._clock.monotonic()
                self._sender.resend(request)  # untouched, so under its old idempotency key
                continue
            outcome = Outcome(name="LOOKED_UP")
            surplus: list[int] = []
            for row, hit in hits:
                outcome.successes.append(Success(row, hit.id, hit.board_id, adopted=True, unknown_quantity=hit.differs))
                surplus += hit.surplus
            rest = [row for row in request.rows if row.row_key not in found]
            if request.tries >= MAX_ATTEMPTS:
                outcome.failures = [unanswered(row, request.last_answer) for row in rest]
                rest = []
            outcome.released = rest
            self._closings.add(request, outcome, self._adopted(request, rest, surplus))

    def _adopted(self, request: Request, rest: list[WorkRow], surplus: list[int]) -> Callable[[], None]:
        def then() -> None:
            self._sender.hand_out_again(rest, request.failures, 0.0)
            self._remove_surplus(surplus, request.rows[0].batch_id)

        return then

    def _ask_again(self, lookup: Lookup, answer: Answer) -> None:
        refused = answer.verdict is Verdict.WAIT
        lookup.refusals, lookup.failures = lookup.refusals + refused, lookup.failures + (not refused)
        now = self._clock.monotonic()
        delay = pause(answer.wait_seconds, lookup.refusals if refused else lookup.failures, self._random)
        if answer.verdict is Verdict.STOP:
            self._totals.stopped_because = answer.reason
        elif answer.verdict is Verdict.QUOTA:
            self._totals.quota_used_up = True
        elif refused:
            if not self._patience.lasts(now, delay):
                self._totals.put_off = put_off(answer, "the rows left stay staged, push again later.")
        elif lookup.failures > MAX_QUESTIONS:
            self._totals.stopped_because = (
                "The board could not be asked for creations whose answer was lost; they stay open, the next run asks."
            )
        lookup.not_before = now + delay
        self._lookups.append(lookup)

    def _remove_surplus(self, surplus: list[int], batch_id: str) -> None:
        """Archive what the API made twice of one creation: the later ones carry our key."""
        if not surplus:
            return
        request = key_request("ARCHIVE_SURPLUS", [ArchiveItem("", item_id) for item_id in surplus], batch_id)
        self._ledger.record(request)
        request.not_before = self._clock.monotonic()
        self._sender.resend(request)


@dataclass
class _Flight:
    """What a worker carries: a request (with its reservation), or a question to the board."""

    future: Future[RawAnswer]
    request: Request | None = None
    ticket: Ticket | None = None
    lookup: Lookup | None = None


def _row_key(staged: Row, level: str) -> str:
    return Key(staged["ORDER_KEY"], staged["SIZE_LABEL"] if level == SUBITEM else None).row_key


class Push:
    """Carries staged rows to the board until nothing is left, or something stops the run."""

    def __init__(
        self,
        *,
        settings: Settings,
        ledger: Ledger,
        queue: WorkQueue,
        client: MondayClient,
        board: BoardContext,
        meter: Meter,
        batches: Batches,
        clock: Clock,
        random: Callable[[], float],
        recreate: bool,
        workers: int,
        stop: threading.Event,
        patience: Patience,
        moved: Mapping[int, str] = MappingProxyType({}),
        planned: int | None = None,
    ) -> None:
        self._settings, self._ledger, self._queue, self._client = settings, ledger, queue, client
        self._board, self._meter, self._batches, self._clock = board, meter, batches, clock
        self._random, self._recreate, self._workers, self._stop = random, recreate, workers, stop
        self._planned, self._patience = planned, patience
        self._waits_for = ""
        """What the next wait is for, as the log says it."""
        self._backoff = Backoff()
        self._flights: list[_Flight] = []
        self._waiting: list[Request] = []
        self._later: list[tuple[float, Key]] = []
        self._failures: dict[str, int] = {}
        self._refused: dict[str, dict[str, ValueProblem]] = {}
        """By row key: cells that Monday refused, by staged name."""
        self._moved = dict(moved)
        """Items that live on another board, each with a sentence: nothing is archived or made there."""
        self._groups_tried: set[str] = set()
        self._pause_until = 0.0
        self._renewed = clock.monotonic()
        self._rows_limit = settings.rows_per_request
        self.totals = Totals()
        self._closings = Closings(ledger, board, queue, self.totals)
        self._recovery = Recovery(
            settings=settings, ledger=ledger, batches=batches, board=board, clock=clock, totals=self.totals,
            closings=self._closings, sender=self, patience=patience, random=random,
        )  # fmt: skip

    # -- the loop ---------------------------------------------------------------------------------------------------

    def recover(self) -> None:
        """Takes over what dead runs left open."""
        self._recovery.take_over()

    def run(self) -> Totals:
        """Works until nothing is left to do; the totals say why it ended early, if it did."""
        with ThreadPoolExecutor(self._workers, thread_name_prefix="monday") as pool:
            while True:
                wake = self._fill(pool)
                if not self._flights and (wake is None or self._halted):
                    break
                self._await(wake)
                self._renew()
        self._give_up_waiting()
        return self.totals

    @property
    def _halted(self) -> bool:
        if self._stop.is_set():
            self.totals.interrupted = True
        ended = self.totals.put_off is not None or self.totals.stopped_because is not None
        return ended or self.totals.interrupted or self.totals.quota_used_up

    def _fill(self, pool: ThreadPoolExecutor) -> float | None:
        """Sends what may be sent; gives the moment at which more may come (None: nothing waits)."""
        while len(self._flights) < (1 if self._patience.tried else self._workers) and not self._halted:
            now = self._clock.monotonic()
            if now < self._pause_until:
                self._waits_for = "Monday, which asked for it"
                return self._pause_until
            if self._send_due(pool, now):
                continue
            if self._patience.tried and len(self._waiting) > self._workers:
                return self._next_moment(None)  # refused all round: no more rows are taken in hand
            self._put_back_due(now)
            wake = self._send_new(pool)
            if wake is not True:
                return self._next_moment(wake)
        return None if self._flights else self._next_moment(None)

    def _next_moment(self, wake: float | None) -> float | None:
        moments = [(at, "the board to show what became of lost answers") for at in self._recovery.next_moments()]
        moments += [(request.not_before, "the next try of what failed") for request in self._waiting]
        moments += [(entry[0], "the next try of what failed") for entry in self._later]
        moments += [(wake, "Monday's budget of points and calls")] if wake is not None else []
        moment, self._waits_for = min(moments, default=(None, ""))
        return moment

    def _await(self, wake: float | None) -> None:
        ahead = 0.5 if wake is None else max(wake - self._clock.monotonic(), 0.0)
        PROGRESS.waits(self._waits_for, ahead)
        pause = min(ahead, 0.5)
        if not self._flights:
            self._clock.sleep(max(pause, 0.001))
            return
        done, _ = wait([flight.future for flight in self._flights], timeout=pause or 0.001, return_when=FIRST_COMPLETED)
        for flight in [flight for flight in self._flights if flight.future in done]:
            self._flights.remove(flight)
            raw = flight.future.result()
            if flight.lookup is not None:
                answer = read_answer(raw, ())
                self._meter.observe(answer)
                self.totals.api_calls += 1
                self._recovery.answered(flight.lookup, answer)
            elif flight.request is not None and flight.ticket is not None:
                self._answered(flight.request, flight.ticket, raw)
        self._closings.flush()
        if done:
            failed = f", {self.totals.failed:,} failed" if self.totals.failed else ""
            spent = counted(self.totals.complexity_used, "point", form=",")
            note = f"{counted(self.totals.api_calls, 'call', form=',')}, {spent}{failed}"
            PROGRESS.count(self.totals.done, self._planned, note)

    def _renew(self) -> None:
        now = self._clock.monotonic()
        if now - self._renewed > self._settings.lease_seconds / 3:
            self._ledger.renew()
            self._batches.save()
            self._renewed = now

    # -- sending ----------------------------------------------------------------------------------------------------

    def _send_due(self, pool: ThreadPoolExecutor, now: float) -> bool:
        """Sends what is due: questions to the board, or one request to repeat."""
        questions = self._recovery.due(now)
        for lookup in questions:
            self.totals.lookups += 1
            future = pool.submit(self._client.send, lookup.body, timeout=self._settings.request_timeout)
            self._flights.append(_Flight(future, lookup=lookup))
        if questions:
            return True
        for request in [request for request in self._waiting if request.not_before <= now]:
            if request.open and request.failures >= MAX_ATTEMPTS:
                self._give_up(request)
                return True
            needed = max(len(request.aliases), 1)
            grant = self._meter.affordable(needed)
            if grant.rows >= min(needed, self._meter.most_rows()):
                self._waiting.remove(request)
                if self._ledger.send_again(request):
                    self.totals.api_retries += 1
                    self._submit(pool, request)
                else:
                    self.totals.held_by_others += len(request.rows)
                return True
            request.not_before = now + max(grant.wait_seconds, 0.05)
        return False

    def _submit(self, pool: ThreadPoolExecutor, request: Request) -> None:
        ticket = self._meter.reserve(max(len(request.aliases), 1))
        request.attempts += 1
        request.sent, request.open = self._clock.monotonic(), False
        future = pool.submit(
            self._client.send, request.body, idempotency_key=request.id, timeout=self._settings.request_timeout,
            batch=request.rows[0].batch_id if request.rows else None,
        )  # fmt: skip
        self._flights.append(_Flight(future, request=request, ticket=ticket))

    def _send_new(self, pool: ThreadPoolExecutor) -> bool | float | None:
        """Claims and sends the next rows, a request for every idle worker that the budget feeds.

        True: sent (or worth asking again); a moment: the budget; None: no rows.
        """
        level, chunks, wait_seconds = self._choose()
        if not chunks:
            return None if wait_seconds is None else self._clock.monotonic() + max(wait_seconds, 0.01)
        missing: dict[str, str] = {}
        put_back: list[Key] = []
        held: list[NewLabel] = []

        def build(claimed: list[Row]) -> tuple[Request | None, Outcome]:
            return self._build(level, claimed, missing, put_back, held)

        def restart() -> None:
            """The transaction starts, perhaps once more: what an undone try noted counts no longer."""
            self._board.labels.take_back(held)
            held.clear()
            put_back.clear()
            missing.clear()

        requests, unsent = self._ledger.take(level, chunks, build, restart)
        self._closings.count(unsent)
        self._board.ensure_groups(missing)
        self._queue.put_back(put_back)
        for request in requests:
            self._submit(pool, request)
        return True

    def _choose(self) -> tuple[str, list[list[Key]], float | None]:
        """Level and keys of the next requests; without any, the seconds to wait for the budget (None: no rows)."""
        chunks: list[list[Key]] = []
        level, wait_seconds = ITEM, None
        tickets: list[Ticket] = []
        while len(self._flights) + len(chunks) < self._workers:
            grant = self._meter.affordable(self._rows_limit)
            if grant.rows <= 0:
                wait_seconds = grant.wait_seconds
                break
            rows = min(grant.rows, self._rows_limit)
            found = self._queue.next(rows, level=level if chunks else None)
            if found is None and not chunks:
                found = self._queue.next_leftover_sizes(rows)
            if found is None:
                break
            level = found[0]
            chunks.append(found[1])
            tickets.append(self._meter.reserve(len(found[1])))
        for ticket in tickets:
            self._meter.cancel(ticket)  # what the requests really need is set aside when they leave
        return level, chunks, wait_seconds

    def _build(
        self, level: str, claimed: Sequence[Row], missing: dict[str, str], put_back: list[Key], held: list[NewLabel]
    ) -> tuple[Request | None, Outcome]:
        rows: list[WorkRow] = []
        unsent = Outcome()
        for staged in claimed:
            batch_id = self._batches.of(staged)
            refused_cells = self._refused.get(_row_key(staged, level))
            if level == ITEM:
                group_id = self._board.group_id(staged["GROUP_NAME"])
                refused = self._board.refused_groups.get(staged["GROUP_NAME"])
                if group_id is None and refused is None and staged["CHANGE_TYPE"] != "ARCHIVE":
                    if staged["GROUP_NAME"] not in self._groups_tried:
                        missing[staged["GROUP_NAME"]] = batch_id
                        put_back.append(Key(staged["ORDER_KEY"], None, staged["CHANGE_TYPE"]))
                    continue
                row, reason = plan_item(
                    staged, self._board.columns, self._board.labels, board_id=self._board.board_id, group_id=group_id,
                    batch_id=batch_id, refused=refused_cells,
                )  # fmt: skip
                self._keep_what_stays(row)
                if group_id is None and row.kind != "ARCHIVE":
                    reason = refused
            else:
                row, reason = plan_size(
                    staged, self._board.size_columns, self._board.labels, board_id=self._board.subitem_board_id,
                    batch_id=batch_id, refused=refused_cells,
                )  # fmt: skip
            there = level == SUBITEM or row.kind == ARCHIVE
            if there and (sentence := self._moved.get(item_of(row) or 0)):
                unsent.failures.append(elsewhere(row, sentence, None))
            elif reason is not None:
                unsent.failures.append(Failure(row, "REJECTED", "VALUE", reason, retryable=False, stage="PREPARE"))
            elif not row.operations:
                unsent.successes.append(Success(row, row.monday_id))
            elif rows and (row.kind == CREATE) != (rows[0].kind == CREATE):
                put_back.append(row.key)
            else:
                self._board.labels.hold(row.new_labels)
                held.extend(row.new_labels)
                rows.append(row)
        if not rows:
            return None, unsent
        kind = "CREATE" if rows[0].kind == CREATE else "CHANGE"
        request = Request("", f"{kind}_{level}", rows, build_request(number_aliases(rows)))
        request.failures = max((self._failures.get(row.row_key, 0) for row in rows), default=0)
        return request, unsent

    def _keep_what_stays(self, row: WorkRow) -> None:
        """A cell that can't even be cleared shows what it showed."""
        stays = [cell.column for cell in row.left_out if not cell.clears and row.kind == UPDATE]
        if stays:
            for known in self._ledger.query("push/confirmed_values", [row.order_key]):
                row.values |= {name: jsonable(known[name]) for name in stays}

    # -- answers ----------------------------------------------------------------------------------------------------

    def _answered(self, request: Request, ticket: Ticket, raw: RawAnswer) -> None:
        answer = read_answer(raw, request.aliases)
        self._meter.settle(ticket, answer)
        others_refused = self._patience.tried
        self._patience.heard(answer, self._clock.monotonic())
        self.totals.api_calls += 1
        cost = answer.complexity.query if answer.complexity else 0
        request.cost += cost
        self.totals.complexity_used += cost
        if answer.verdict is Verdict.STOP:
            self.totals.stopped_because = answer.reason
        elif answer.verdict is Verdict.QUOTA:
            self.totals.quota_used_up = True
        if request.repairs:
            self._repair_answered(request, answer)
            return
        if answer.elapsed > SLOW_SHARE * self._settings.request_timeout:
            self._rows_limit = max(1, min(self._rows_limit, len(request.rows) // 2))
        columns = {ITEM: self._board.columns, SUBITEM: self._board.size_columns}
        where = self._board.whereabouts(not_found(request, answer))
        if isinstance(where.problem, QuotaUsedUp):
            self.totals.quota_used_up = True
        elif isinstance(where.problem, PutOff):
            self.totals.put_off = str(where.problem)
        sorted_ = sort_rows(request, answer, recreate=self._recreate, columns=columns, where=where)
        self._moved |= {
            item_of(failure.row) or 0: failure.message
            for failure in sorted_.outcome.failures if failure.code == ON_OTHER_BOARD
        }  # fmt: skip
        whole = len(request.rows)
        if len(sorted_.unknown) == whole and request.body:
            self._unknown(request, answer)
        elif answer.verdict in (Verdict.WAIT, Verdict.NOT_SENT) and len(sorted_.again) == whole:
            self._repeat_later(request, answer, sorted_, alone=answer.locked and not others_refused)
        else:
            if answer.verdict is Verdict.SPLIT:
                self._rows_limit = max(1, min(self._rows_limit, whole) // 2)
            self._finish(request, sorted_, answer)

    def _delay(self, answer: Answer, failures: int) -> float | None:
        """Seconds as Monday says, else by the back-off schedule (None: the attempts are used up)."""
        if answer.wait_seconds is not None:
            return answer.wait_seconds
        return self._backoff.delay(failures, self._random)

    def _repeat_later(self, request: Request, answer: Answer, sorted_: Sorted, *, alone: bool) -> None:
        """Nothing was done: the same request again, after the time that was asked for.

        A refusal isn't the rows' fault and uses up none of their attempts; the patience of the run bounds it.
        ``alone``: others may get through meanwhile.
        """
        now = self._clock.monotonic()
        delay: float | None
        if answer.verdict is Verdict.NOT_SENT:
            request.failures += 1
            delay = self._backoff.delay(request.failures, self._random)
            if delay is None:
                self.totals.stopped_because = (
                    "Monday's API can't be reached; check MONDAY_API_URL and the network. The rows stay staged."
                )
        else:
            request.refusals += 1
            delay = pause(answer.wait_seconds, request.refusals, self._random)
            if not self._patience.lasts(now, delay):
                self.totals.put_off = put_off(answer, "the rows left stay staged, push again later.")
        if delay is None or self._halted or answer.new_key_needed:
            if answer.new_key_needed and request.creates:  # told by the key's memory: the work may be as old
                sorted_.unknown, sorted_.again = sorted_.again, []
            self._finish(request, sorted_, answer)
            return
        if answer.verdict is Verdict.WAIT and request.creates:
            self._recovery.ask_first(request, delay)
        else:
            request.not_before = now + delay
            self._waiting.append(request)
        if answer.verdict is Verdict.WAIT and not answer.same_key and not alone:
            self._pause_until = max(self._pause_until, now + delay)

    def _unknown(self, request: Request, answer: Answer) -> None:
        """Nobody knows what became of it: creations rest until the board can be asked, changes are repeated.

        A change rests, too, while Monday may be at work on it: what is sent of its rows later must not be overtaken.
        """
        request.failures += 1
        request.last_answer = answer
        if request.creates:
            self._recovery.park(request)
            return
        delay = self._backoff.delay(request.failures, self._random) or 0.0
        request.not_before = self._clock.monotonic() + delay
        request.open = True
        if not answer.errors or answer.same_key:  # no word of Monday's own that the work is over
            request.not_before = max(request.not_before, request.sent + self._settings.parent_settle_seconds)
        self._waiting.append(request)

    def _give_up(self, request: Request) -> None:
        """A change that got no answer in all its attempts: its rows failed for this run."""
        self._waiting.remove(request)
        failures = [unanswered(row, request.last_answer) for row in request.rows]
        status = request.last_answer.http_status if request.last_answer else None
        self._closings.add(request, Outcome(failures=failures, http_status=status))
        self._closings.flush()

    def _finish(self, request: Request, sorted_: Sorted, answer: Answer) -> None:
        """Writes what is known; what isn't goes back into the queue, or on as a request that is looked up."""
        outcome = sorted_.outcome
        outcome.released += sorted_.again
        if sorted_.unknown:
            if request.creates:
                outcome.carried = self._recovery.remainder(request, sorted_.unknown, answer)
            else:
                outcome.released += sorted_.unknown
                sorted_.again += sorted_.unknown
        self._closings.add(request, outcome, lambda: self._finished(request, sorted_, answer))

    def _finished(self, request: Request, sorted_: Sorted, answer: Answer) -> None:
        if sorted_.outcome.carried is not None:
            self._recovery.park(sorted_.outcome.carried)
        delay = sorted_.wait_seconds if sorted_.wait_seconds is not None else answer.wait_seconds
        if delay is None:
            delay = (self._backoff.delay(1, self._random) or 0.0) if answer.verdict is not Verdict.SPLIT else 0.0
        if not self._patience.lasts(self._clock.monotonic(), delay):
            self.totals.put_off = put_off(answer, "the rows left stay staged, push again later.")
        self.hand_out_again(sorted_.again, request.failures + 1, delay)
        self._queue.again(sorted_.requeue_items + sorted_.requeue_sizes)
        for row, cell in sorted_.left_out:
            self._refused.setdefault(row.row_key, {})[cell.column] = cell
            self._queue.put_back([row.key])
        if sorted_.board_full:
            self.totals.board_full = True
            self._queue.skip_creations()
        if sorted_.missing_groups:
            self._groups_gone(sorted_.missing_groups)

    def resend(self, request: Request) -> None:
        """Sends a recorded request again once its time comes."""
        self._waiting.append(request)

    def hand_out_again(self, rows: list[WorkRow], failures: int, delay: float) -> None:
        """Puts rows back into the queue after ``delay`` seconds; ``failures``: tries in this run so far."""
        now = self._clock.monotonic()
        for row in rows:
            self._failures[row.row_key] = failures
            self._later.append((now + delay, row.key))

    def _groups_gone(self, rows: list[WorkRow]) -> None:
        """A person deleted the group: it is made again, once; the rows follow, into the group that stands now."""
        titles = {
            str(row.values["GROUP_NAME"]): row.batch_id for row in rows
            if self._board.group_id(str(row.values["GROUP_NAME"])) == row.group_id
        }  # fmt: skip
        fresh = {title: batch_id for title, batch_id in titles.items() if title not in self._groups_tried}
        self._groups_tried |= titles.keys()
        self._board.forget_groups(titles)
        self._board.ensure_groups(fresh)
        self._queue.put_back([row.key for row in rows if self._board.group_id(str(row.values["GROUP_NAME"]))])

    def _repair_answered(self, request: Request, answer: Answer) -> None:
        """Second items archived, keys restored: what isn't done stays open for the next run."""
        request.failures += 1
        outcome = settled(request, answer)
        if not outcome.released and (request.rows or answer.verdict is Verdict.ANSWERED):
            self._ledger.close(request, outcome)
        elif not self._halted and request.failures < MAX_ATTEMPTS:
            now, delay = self._clock.monotonic(), self._delay(answer, request.failures) or 1.0
            if self._patience.lasts(now, delay):
                request.not_before = now + delay
                self._waiting.append(request)

    # -- leaving ----------------------------------------------------------------------------------------------------

    def _put_back_due(self, now: float) -> None:
        due = [entry for entry in self._later if entry[0] <= now]
        self._later = [entry for entry in self._later if entry[0] > now]
        self._queue.put_back([key for _, key in due])

    def _give_up_waiting(self) -> None:
        """At the end, requests that surely did nothing give their rows up; those nobody knows of stay open."""
        released = [(request, Outcome(released=list(request.rows), name="RELEASED"))
                    for request in self._waiting if not request.repairs and not request.open]  # fmt: skip
        if released:
            self._ledger.close_all(released)
        if len(released) < len(self._waiting) or self._recovery.next_moments():
            self._ledger.let_go()
        self._waiting = []
