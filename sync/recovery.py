"""Creations whose answer was lost: they rest, the board is asked, what it has is adopted and the rest is sent again."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Protocol

from sync.batches import Batches
from sync.closings import Closings
from sync.context import BoardContext
from sync.ledger import Ledger
from sync.lookup import Lookup, items_lookup, matched, sizes_lookup
from sync.monday.answers import Answer, Verdict
from sync.monday.clock import Clock
from sync.monday.documents import ArchiveItem
from sync.monday.retry import Patience, pause, put_off
from sync.outcomes import unanswered
from sync.results import Outcome, Success
from sync.settings import MAX_ATTEMPTS, MAX_QUESTIONS, MOST_ROWS, Settings
from sync.totals import Totals
from sync.work import Request, WorkRow, key_request


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
