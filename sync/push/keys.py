"""Keys written to items of the board: many aliased mutations a request, each request recorded before it is sent.

Writing a key twice does no harm, so whatever isn't surely done is simply sent again; a run that dies leaves requests
that the next push repeats, and keys that the next adoption finds missing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from sync.monday.answers import Answer, MondayError, RawAnswer, RowOutcome, Verdict, read_answer
from sync.monday.documents import UpdateItem, alias_at
from sync.monday.http import MondayClient
from sync.monday.meter import Meter, Ticket
from sync.monday.retry import Backoff, Clock, Patience, put_off
from sync.push.ledger import Ledger
from sync.push.outcomes import settled
from sync.push.plan import Request, key_request
from sync.settings import KEY_TRIES, Settings

OPERATION = "WRITE_KEYS"
STOPPED = "The run was asked to stop."


@dataclass
class KeyWrite:
    """A key to write: on which board, to which item or subitem, as which column value."""

    row_key: str
    board_id: int
    item_id: int
    values: Mapping[str, object]
    create_labels: bool = False
    tries: int = 0


@dataclass
class Written:
    """What became of the writes; ``stopped`` says why some were not tried (the day's calls: ``quota``)."""

    done: int = 0
    failed: list[tuple[KeyWrite, str]] | None = None
    left: int = 0
    calls: int = 0
    complexity: int = 0
    quota: bool = False
    stopped: str | None = None


@dataclass
class _Flight:
    future: Future[RawAnswer]
    request: Request
    ticket: Ticket
    writes: list[KeyWrite]


class KeyWriter:
    """Sends key writes within the account's budgets, a few requests in flight."""

    def __init__(
        self,
        *,
        settings: Settings,
        ledger: Ledger,
        client: MondayClient,
        meter: Meter,
        clock: Clock,
        random: Callable[[], float],
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._settings, self._ledger, self._client, self._meter = settings, ledger, client, meter
        self._clock, self._random, self._stop = clock, random, stop
        self._pending: deque[KeyWrite] = deque()
        self._flights: list[_Flight] = []
        self._not_before = 0.0
        self._rows_limit = settings.rows_per_request
        self._failures = 0
        self._patience = Patience()
        self._written = Written()
        self._renewed = clock.monotonic()

    def write(self, writes: Sequence[KeyWrite]) -> Written:
        """Writes all of them, as far as Monday lets it."""
        self._written = Written(failed=[])
        self._pending.extend(writes)
        with ThreadPoolExecutor(self._settings.workers, thread_name_prefix="monday") as pool:
            while (self._pending and not self._halted) or self._flights:
                self._fill(pool)
                self._await()
        self._written.left = len(self._pending)
        return self._written

    @property
    def _halted(self) -> bool:
        if self._stop() and self._written.stopped is None:
            self._written.stopped = STOPPED
        return self._written.quota or self._written.stopped is not None

    def _fill(self, pool: ThreadPoolExecutor) -> None:
        while self._pending and not self._halted and len(self._flights) < self._settings.workers:
            now = self._clock.monotonic()
            if now < self._not_before:
                return
            grant = self._meter.affordable(min(len(self._pending), self._rows_limit))
            if grant.rows < 1:
                self._not_before = now + max(grant.wait_seconds, 0.01)
                return
            self._send(pool, [self._pending.popleft() for _ in range(min(grant.rows, len(self._pending)))])

    def _send(self, pool: ThreadPoolExecutor, writes: list[KeyWrite]) -> None:
        request = key_request(
            OPERATION, [UpdateItem("", w.board_id, w.item_id, w.values, w.create_labels) for w in writes]
        )
        request.attempts = 1
        self._ledger.record(request)
        ticket = self._meter.reserve(len(writes))
        future = pool.submit(
            self._client.send, request.body, idempotency_key=request.id, timeout=self._settings.request_timeout
        )
        self._flights.append(_Flight(future, request, ticket, writes))

    def _await(self) -> None:
        pause = min(max(self._not_before - self._clock.monotonic(), 0.001), 0.5)
        if not self._flights:
            if self._pending and not self._halted:
                self._clock.sleep(pause)
            return
        done, _ = wait([flight.future for flight in self._flights], timeout=0.5, return_when=FIRST_COMPLETED)
        for flight in [flight for flight in self._flights if flight.future in done]:
            self._flights.remove(flight)
            self._answered(flight, flight.future.result())
        now = self._clock.monotonic()
        if now - self._renewed > self._settings.lease_seconds / 3:
            self._ledger.renew()
            self._renewed = now

    def _answered(self, flight: _Flight, raw: RawAnswer) -> None:
        answer = read_answer(raw, flight.request.aliases)
        self._meter.settle(flight.ticket, answer)
        self._patience.heard(answer, self._clock.monotonic())
        cost = answer.complexity.query if answer.complexity else 0
        flight.request.cost = cost
        self._written.calls += 1
        self._written.complexity += cost
        again = self._sort(flight.writes, answer)
        self._ledger.close(flight.request, settled(flight.request, answer))
        if answer.verdict is Verdict.STOP:
            self._written.stopped = answer.reason
        elif answer.verdict is Verdict.QUOTA:
            self._written.quota = True
        elif answer.verdict is Verdict.SPLIT:
            self._rows_limit = max(1, min(self._rows_limit, len(flight.writes)) // 2)
        self._pending.extendleft(reversed(again))
        if not again:
            self._failures = 0
        elif answer.verdict is not Verdict.SPLIT:
            self._failures += 1
            now, pause = self._clock.monotonic(), self._pause(answer)
            self._not_before = max(self._not_before, now + pause)
            if not self._patience.lasts(now, pause):
                self._written.stopped = put_off(answer, "the keys left are written by the next `board adopt --yes`.")

    def _pause(self, answer: Answer) -> float:
        """Seconds as Monday says, else by the back-off schedule."""
        told = [row.wait_seconds for row in answer.rows.values() if row.wait_seconds is not None]
        if answer.wait_seconds is not None or told:
            return max([answer.wait_seconds or 0.0, *told])
        backoff = Backoff(attempts=KEY_TRIES + 1)
        return backoff.delay(min(self._failures, KEY_TRIES), self._random) or backoff.cap

    def _sort(self, writes: Sequence[KeyWrite], answer: Answer) -> list[KeyWrite]:
        """Counts what is done and what never will be; gives what is to be sent again."""
        again = []
        failed = self._written.failed if self._written.failed is not None else []
        for position, write in enumerate(writes):
            row = answer.rows[alias_at(position)]
            if row.outcome is RowOutcome.DONE:
                self._written.done += 1
            elif row.outcome in (RowOutcome.REJECTED, RowOutcome.MISSING_ITEM):
                failed.append((write, _reason(row.error)))
            elif answer.verdict in (Verdict.STOP, Verdict.QUOTA):
                again.append(write)
            else:
                # a wait that Monday asked for is no failure of the row, nor is company that made the request too heavy
                too_heavy = answer.verdict is Verdict.SPLIT and len(writes) > 1
                write.tries += answer.wait_seconds is None and not too_heavy
                if write.tries >= KEY_TRIES:
                    failed.append((write, f"Monday gave no usable answer in {KEY_TRIES} attempts."))
                else:
                    again.append(write)
        self._written.failed = failed
        return again


def _reason(error: MondayError | None) -> str:
    return error.message if error else "Monday refused it and gave no reason."
