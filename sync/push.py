"""The push: one coordinating thread decides and writes to the database, worker threads only carry HTTP.

Everything that can happen to a request is handled here; what happens to a row is decided in ``outcomes``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from sync.batches import Batches
from sync.context import BoardContext
from sync.database import Row
from sync.ledger import Failure, Ledger, Outcome, Success
from sync.lookup import Lookup, items_lookup, matched, sizes_lookup
from sync.monday.answers import Answer, Verdict, read_answer
from sync.monday.backoff import Backoff
from sync.monday.client import MondayClient, RawAnswer
from sync.monday.clock import Clock
from sync.monday.documents import ArchiveItem, build_request
from sync.monday.meter import Meter, Ticket
from sync.outcomes import MAX_ATTEMPTS, Sorted, sort_rows, transient_failure
from sync.queue import WorkQueue
from sync.settings import Settings
from sync.work import CREATE, ITEM, SUBITEM, Key, Request, WorkRow, number_aliases, plan_item, plan_size


@dataclass
class Totals:
    """What a run did; rows are counted once, however often they were sent."""

    items_created: int = 0
    items_updated: int = 0
    items_archived: int = 0
    subitems_created: int = 0
    subitems_updated: int = 0
    items_failed: int = 0
    subitems_failed: int = 0
    adopted: int = 0
    surplus_removed: int = 0
    groups_created: int = 0
    api_calls: int = 0
    api_retries: int = 0
    lookups: int = 0
    complexity_used: int = 0
    held_by_others: int = 0
    board_full: bool = False
    interrupted: bool = False
    quota_used_up: bool = False
    stopped_because: str | None = None
    failed_orders: list[str] = field(default_factory=list)

    @property
    def items_done(self) -> int:
        """Orders confirmed."""
        return self.items_created + self.items_updated + self.items_archived

    @property
    def subitems_done(self) -> int:
        """Sizes confirmed."""
        return self.subitems_created + self.subitems_updated


@dataclass
class _Flight:
    """What a worker carries: a request (with its reservation), or a question to the board."""

    future: Future[RawAnswer]
    request: Request | None = None
    ticket: Ticket | None = None
    lookup: Lookup | None = None


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
        progress: Callable[[Totals], None] = lambda totals: None,
    ) -> None:
        self._settings, self._ledger, self._queue, self._client = settings, ledger, queue, client
        self._board, self._meter, self._batches, self._clock = board, meter, batches, clock
        self._random, self._recreate, self._workers, self._stop = random, recreate, workers, stop
        self._progress = progress
        self._backoff = Backoff()
        self._flights: list[_Flight] = []
        self._waiting: list[Request] = []
        self._later: list[tuple[float, Key]] = []
        self._lookups: list[Lookup] = []
        self._tries: dict[str, int] = {}
        self._groups_tried: set[str] = set()
        self._pause_until = 0.0
        self._renewed = clock.monotonic()
        self._rows_limit = settings.rows_per_request
        self.totals = Totals()

    # -- the loop ---------------------------------------------------------------------------------------------------

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
        return self.totals.interrupted or self.totals.quota_used_up or self.totals.stopped_because is not None

    def _fill(self, pool: ThreadPoolExecutor) -> float | None:
        """Sends what may be sent; gives the moment at which more may come (None: nothing waits)."""
        while len(self._flights) < self._workers and not self._halted:
            now = self._clock.monotonic()
            if now < self._pause_until:
                return self._pause_until
            if self._send_due(pool, now):
                continue
            self._put_back_due(now)
            wake = self._send_new(pool)
            if wake is not True:
                return self._next_moment(wake)
        return None if self._flights else self._next_moment(None)

    def _next_moment(self, wake: float | None) -> float | None:
        moments = [request.not_before for request in self._waiting] + [entry[0] for entry in self._later]
        moments += [lookup.not_before for lookup in self._lookups] + ([wake] if wake is not None else [])
        return min(moments, default=None)

    def _await(self, wake: float | None) -> None:
        pause = 0.5 if wake is None else min(max(wake - self._clock.monotonic(), 0.0), 0.5)
        if not self._flights:
            self._clock.sleep(max(pause, 0.001))
            return
        done, _ = wait([flight.future for flight in self._flights], timeout=pause or 0.001, return_when=FIRST_COMPLETED)
        for flight in [flight for flight in self._flights if flight.future in done]:
            self._flights.remove(flight)
            raw = flight.future.result()
            if flight.lookup is not None:
                self._settle(flight.lookup, raw)
            elif flight.request is not None and flight.ticket is not None:
                self._answered(flight.request, flight.ticket, raw)
        if done:
            self._progress(self.totals)

    def _renew(self) -> None:
        now = self._clock.monotonic()
        if now - self._renewed > self._settings.lease_seconds / 3:
            self._ledger.renew()
            self._renewed = now

    # -- sending ----------------------------------------------------------------------------------------------------

    def _send_due(self, pool: ThreadPoolExecutor, now: float) -> bool:
        """Sends one thing whose time has come: a question to the board, or a request to repeat."""
        for lookup in self._lookups:
            if lookup.not_before <= now:
                self._lookups.remove(lookup)
                self._submit_lookup(pool, lookup)
                return True
        due = [request for request in self._waiting if request.not_before <= now]
        asks = [request for request in due if request.look_up]
        if asks:
            chosen: list[Request] = []
            rows = 0
            for request in asks:
                if request.operation == asks[0].operation and (not chosen or rows + len(request.rows) <= 100):
                    chosen.append(request)
                    rows += len(request.rows)
            for request in chosen:
                self._waiting.remove(request)
            make = items_lookup if chosen[0].operation == "CREATE_ITEM" else sizes_lookup
            for lookup in make(chosen, self._board):
                self._submit_lookup(pool, lookup)
            return True
        for request in due:
            needed = max(len(request.aliases), 1)
            grant = self._meter.affordable(needed)
            if grant.rows >= min(needed, self._meter.most_rows()):
                self._waiting.remove(request)
                self.totals.api_retries += 1
                self._submit(pool, request)
                return True
            request.not_before = now + max(grant.wait_seconds, 0.05)
        return False

    def _submit(self, pool: ThreadPoolExecutor, request: Request) -> None:
        ticket = self._meter.reserve(max(len(request.aliases), 1))
        request.attempts += 1
        future = pool.submit(
            self._client.send, request.body, idempotency_key=request.id, timeout=self._settings.request_timeout
        )
        self._flights.append(_Flight(future, request=request, ticket=ticket))

    def _submit_lookup(self, pool: ThreadPoolExecutor, lookup: Lookup) -> None:
        self.totals.lookups += 1
        future = pool.submit(self._client.send, lookup.body, timeout=self._settings.request_timeout)
        self._flights.append(_Flight(future, lookup=lookup))

    def _send_new(self, pool: ThreadPoolExecutor) -> bool | float | None:
        """Claims and sends the next rows. True: sent (or worth asking again); a moment: the budget; None: no rows."""
        grant = self._meter.affordable(self._rows_limit)
        if grant.rows <= 0:
            return self._clock.monotonic() + max(grant.wait_seconds, 0.01)
        rows = min(grant.rows, self._rows_limit)
        found = self._queue.next(rows)
        if found is None:
            found = self._queue.next_leftover_sizes(rows)
        if found is None:
            return None
        level, keys = found
        missing: set[str] = set()
        put_back: list[Key] = []

        def build(claimed: list[Row]) -> tuple[Request | None, list[Failure]]:
            missing.clear()
            put_back.clear()
            return self._build(level, claimed, missing, put_back)

        request = self._ledger.take(level, keys, build)
        if missing:
            self.totals.groups_created += self._board.ensure_groups(sorted(missing))
        self._queue.put_back(put_back)
        if request is not None:
            self._batches.first_sent(level)
            self._submit(pool, request)
        return True

    def _build(
        self, level: str, claimed: list[Row], missing: set[str], put_back: list[Key]
    ) -> tuple[Request | None, list[Failure]]:
        rows: list[WorkRow] = []
        failures: list[Failure] = []
        for staged in claimed:
            batch_id = self._batches.of(staged)
            if level == ITEM:
                group_id = self._board.group_id(staged["GROUP_NAME"])
                if group_id is None and staged["CHANGE_TYPE"] != "ARCHIVE":
                    if staged["GROUP_NAME"] not in self._groups_tried:
                        missing.add(staged["GROUP_NAME"])
                        put_back.append(Key(staged["ORDER_KEY"], None, staged["CHANGE_TYPE"]))
                    continue
                row, reason = plan_item(
                    staged, self._board.columns, self._board.labels, board_id=self._board.board_id, group_id=group_id,
                    batch_id=batch_id,
                )  # fmt: skip
            else:
                row, reason = plan_size(
                    staged, self._board.size_columns, self._board.labels, board_id=self._board.subitem_board_id,
                    batch_id=batch_id,
                )  # fmt: skip
            if reason is not None:
                failures.append(Failure(row, "REJECTED", "VALUE", reason, retryable=False, stage="PREPARE"))
            elif rows and (row.kind == CREATE) != (rows[0].kind == CREATE):
                put_back.append(row.key)
            else:
                self._board.labels.hold(row.new_labels)
                rows.append(row)
        self._count_failures(failures)
        if not rows:
            return None, failures
        kind = "CREATE" if rows[0].kind == CREATE else "CHANGE"
        request = Request("", f"{kind}_{level}", rows, build_request(number_aliases(rows)))
        request.failures = max((self._tries.get(row.row_key, 0) for row in rows), default=0)
        return request, failures

    # -- answers ----------------------------------------------------------------------------------------------------

    def _answered(self, request: Request, ticket: Ticket, raw: RawAnswer) -> None:
        answer = read_answer(raw, request.aliases)
        self._meter.settle(ticket, answer)
        self.totals.api_calls += 1
        cost = answer.complexity.query if answer.complexity else 0
        request.cost += cost
        self.totals.complexity_used += cost
        if answer.verdict is Verdict.STOP:
            self.totals.stopped_because = answer.reason
        elif answer.verdict is Verdict.QUOTA:
            self.totals.quota_used_up = True
        if not request.rows:
            self._surplus_answered(request, answer)
            return
        sorted_ = sort_rows(request, answer, recreate=self._recreate)
        whole = len(request.rows)
        if len(sorted_.unknown) == whole and request.body:
            self._park(request, answer)
        elif answer.verdict in (Verdict.WAIT, Verdict.NOT_SENT) and len(sorted_.again) == whole:
            self._repeat_later(request, answer, sorted_)
        else:
            if answer.verdict is Verdict.SPLIT:
                self._rows_limit = max(1, min(self._rows_limit, whole) // 2)
            self._finish(request, sorted_, answer)

    def _delay(self, answer: Answer, failures: int) -> float | None:
        """Seconds as Monday says, else by the back-off schedule (None: the attempts are used up)."""
        if answer.wait_seconds is not None:
            return answer.wait_seconds
        return self._backoff.delay(failures, self._random)

    def _repeat_later(self, request: Request, answer: Answer, sorted_: Sorted) -> None:
        """Nothing was done: the same request again, after the time that was asked for."""
        stated = answer.wait_seconds is not None and answer.verdict is Verdict.WAIT
        request.failures += 0 if stated else 1
        delay = None if request.failures >= MAX_ATTEMPTS else self._delay(answer, request.failures)
        if delay is None or self._halted or answer.new_key_needed:
            if answer.verdict is Verdict.NOT_SENT and delay is None:
                self.totals.stopped_because = (
                    "Monday's API can't be reached; check MONDAY_API_URL and the network. The rows stay staged."
                )
            self._finish(request, sorted_, answer)
            return
        now = self._clock.monotonic()
        request.not_before = now + delay
        self._waiting.append(request)
        if answer.verdict is Verdict.WAIT and not answer.same_key:
            self._pause_until = max(self._pause_until, now + delay)

    def _park(self, request: Request, answer: Answer) -> None:
        """Nobody knows what became of it: creations rest until the board can be asked, changes are repeated."""
        request.failures += 1
        request.in_doubt = request.creates
        now = self._clock.monotonic()
        if request.creates:
            request.look_up = True
            settle = self._settings.settle_seconds
            if request.operation == "CREATE_SUBITEM":
                settle = self._settings.parent_settle_seconds
            request.not_before = now + settle
        else:
            delay = self._backoff.delay(request.failures, self._random)
            if delay is None:
                status = answer.http_status
                failures = [transient_failure(row, answer.error, status, "NO_ANSWER") for row in request.rows]
                self._close(request, Outcome([], failures, [], [], [], http_status=status))
                return
            request.not_before = now + delay
        self._waiting.append(request)

    def _finish(self, request: Request, sorted_: Sorted, answer: Answer) -> None:
        """Writes what is known; what isn't goes back into the queue, or on as a request that is looked up."""
        outcome = sorted_.outcome
        outcome.released += sorted_.again
        if sorted_.unknown:
            if request.creates:
                outcome.carried = self._remainder(request, sorted_.unknown)
            else:
                outcome.released += sorted_.unknown
                sorted_.again += sorted_.unknown
        if not self._close(request, outcome):
            return
        if outcome.carried is not None:
            self._waiting.append(outcome.carried)
        now = self._clock.monotonic()
        delay = sorted_.wait_seconds if sorted_.wait_seconds is not None else answer.wait_seconds
        if delay is None:
            delay = (self._backoff.delay(1, self._random) or 0.0) if answer.verdict is not Verdict.SPLIT else 0.0
        for row in sorted_.again:
            self._tries[row.row_key] = request.failures + 1
            self._later.append((now + delay, row.key))
        self._queue.again(sorted_.requeue_items + sorted_.requeue_sizes)
        if sorted_.board_full:
            self.totals.board_full = True
            self._queue.skip_creations()
        if sorted_.missing_groups:
            self._groups_gone(sorted_.missing_groups)

    def _remainder(self, request: Request, rows: list[WorkRow]) -> Request:
        """The rows whose outcome an answer left open, as a request that is only looked up (empty body)."""
        rest = Request(self._batches.new_id(), request.operation, rows, "", attempts=request.attempts)
        rest.look_up, rest.failures = True, request.failures + 1
        rest.not_before = self._clock.monotonic() + self._settings.settle_seconds
        return rest

    def _close(self, request: Request, outcome: Outcome) -> bool:
        if not self._ledger.close(request, outcome):
            return False  # another run took the request over while this one was thought dead
        for success in outcome.successes:
            self._board.labels.confirm(success.row.new_labels)
            self._count_success(success)
        for row in [f.row for f in outcome.failures] + outcome.released + outcome.gone_items + outcome.gone_sizes:
            self._board.labels.take_back(row.new_labels)
        self._count_failures(outcome.failures)
        self._batches.requested(request, [s.row for s in outcome.successes])
        self._queue.confirmed([s.row.order_key for s in outcome.successes if s.row.level == ITEM])
        return True

    def _groups_gone(self, rows: list[WorkRow]) -> None:
        """A person deleted the group: it is made again, once; the rows follow."""
        titles = {str(row.values["GROUP_NAME"]) for row in rows}
        fresh = titles - self._groups_tried
        self._groups_tried |= titles
        self._board.forget_groups(titles)
        if fresh:
            self.totals.groups_created += self._board.ensure_groups(sorted(fresh))
        self._queue.put_back([row.key for row in rows if row.values["GROUP_NAME"] in fresh])

    # -- lost creations ---------------------------------------------------------------------------------------------

    def recover(self) -> None:
        """Takes over what a dead run left open; rows of a live run are counted and left alone."""
        now, mono = self._batches.now(), self._clock.monotonic()
        for found in self._ledger.open_requests():
            request = self._ledger.take_over(found)
            if request is None:
                self.totals.held_by_others += int(found["ROW_COUNT"])
                continue
            if request.operation == "CREATE_GROUP" or (not request.rows and not request.body):
                self._ledger.close(request, Outcome([], [], [], [], [], name="RECOVERED"))
                continue
            for row in request.rows:
                self._batches.adopt(row)
            settle = self._settings.settle_seconds
            if request.operation == "CREATE_SUBITEM":
                settle = self._settings.parent_settle_seconds
            age = (now - (found["SENT_AT"] or found["RECORDED_AT"])).total_seconds()
            request.look_up = request.creates and bool(request.rows)
            request.not_before = mono + (max(settle - age, 0.0) if request.look_up else 0.0)
            request.in_doubt = request.look_up
            self._waiting.append(request)

    def _settle(self, lookup: Lookup, raw: RawAnswer) -> None:
        """Adopts what the board has of lost creations; what it hasn't is sent again."""
        answer = read_answer(raw, ())
        self._meter.observe(answer)
        self.totals.api_calls += 1
        if answer.verdict is not Verdict.ANSWERED or answer.data is None:
            self._ask_again(lookup, answer)
            return
        found = matched(lookup, answer.data, self._board)
        for request in lookup.requests:
            hits = [(row, found[row.row_key]) for row in request.rows if row.row_key in found]
            if not hits and request.body and request.attempts < MAX_ATTEMPTS:
                request.look_up = request.in_doubt = False
                request.not_before = self._clock.monotonic()
                self._waiting.append(request)
                continue
            outcome = Outcome([], [], [], [], [], name="LOOKED_UP")
            surplus: list[int] = []
            for row, hit in hits:
                outcome.successes.append(Success(row, hit.id, hit.board_id, adopted=True, unknown_quantity=hit.differs))
                surplus += hit.surplus
            rest = [row for row in request.rows if row.row_key not in found]
            if request.attempts >= MAX_ATTEMPTS:
                outcome.failures = [transient_failure(row, None, None, "NO_ANSWER") for row in rest]
                rest = []
            outcome.released = rest
            if not self._close(request, outcome):
                continue
            self.totals.adopted += len(hits)
            for row in rest:
                self._tries[row.row_key] = request.failures
                self._later.append((self._clock.monotonic(), row.key))
            self._remove_surplus(surplus)

    def _ask_again(self, lookup: Lookup, answer: Answer) -> None:
        lookup.failures += 1
        if answer.verdict is Verdict.STOP:
            self.totals.stopped_because = answer.reason
        elif answer.verdict is Verdict.QUOTA:
            self.totals.quota_used_up = True
        elif lookup.failures > 8:
            self.totals.stopped_because = (
                "The board could not be asked for creations whose answer was lost; they stay open, the next run asks."
            )
        delay = answer.wait_seconds if answer.wait_seconds is not None else min(2.0**lookup.failures, 60.0)
        lookup.not_before = self._clock.monotonic() + delay
        self._lookups.append(lookup)

    def _remove_surplus(self, item_ids: list[int]) -> None:
        """The API made two of one creation: the later one carries our key and goes."""
        if not item_ids:
            return
        operations = [ArchiveItem(f"a{n}", item_id) for n, item_id in enumerate(item_ids)]
        request = Request(self._batches.new_id(), "ARCHIVE_SURPLUS", [], build_request(operations))
        self._ledger.record(request)
        request.not_before = self._clock.monotonic()
        self._waiting.append(request)
        self.totals.surplus_removed += len(item_ids)

    def _surplus_answered(self, request: Request, answer: Answer) -> None:
        request.failures += 1
        if answer.verdict in (Verdict.ANSWERED, Verdict.STOP) or request.failures >= MAX_ATTEMPTS:
            self._ledger.close(request, Outcome([], [], [], [], [], http_status=answer.http_status))
            return
        request.not_before = self._clock.monotonic() + (self._delay(answer, request.failures) or 1.0)
        self._waiting.append(request)

    # -- counting and leaving ---------------------------------------------------------------------------------------

    def _put_back_due(self, now: float) -> None:
        due = [entry for entry in self._later if entry[0] <= now]
        self._later = [entry for entry in self._later if entry[0] > now]
        self._queue.put_back([key for _, key in due])

    def _count_success(self, success: Success) -> None:
        row, totals = success.row, self.totals
        if row.level == SUBITEM:
            totals.subitems_created += row.kind == CREATE
            totals.subitems_updated += row.kind != CREATE
        else:
            totals.items_created += row.kind == CREATE
            totals.items_archived += row.kind == "ARCHIVE"
            totals.items_updated += row.kind not in (CREATE, "ARCHIVE")

    def _count_failures(self, failures: list[Failure]) -> None:
        for failure in failures:
            self._batches.failed(failure.row, retryable=failure.comes_back)
            if failure.row.level == ITEM:
                self.totals.items_failed += 1
            else:
                self.totals.subitems_failed += 1

    def _give_up_waiting(self) -> None:
        """At the end: requests that surely did nothing give their rows up; those nobody knows of stay open."""
        for request in self._waiting:
            if request.rows and not request.look_up and not request.in_doubt:
                self._ledger.close(request, Outcome([], [], [], [], list(request.rows), name="RELEASED"))
        self._waiting = []
