"""Spends Monday's budgets without overrunning them: complexity points, calls a minute, requests in flight, calls a day.

The server counts what was charged in the last 60 s. We can't see when it charges, only when a request left and when its
answer came; a request is charged, or refused, as it arrives, so its charge is taken to lie at most ``guard`` seconds
after the request left, and to weigh for 60 s from then. That keeps the budget nearly full, and counts no charge as gone
that may still weigh. A refusal doubles the guard.

What the headers tell beyond our own spending, in points or in calls, is other processes' on the same token. While there
are any, a process leaves the more of the budget alone the more of it is its own, and asks for half of what is free: so
the shares even out, a newcomer finds room, and hardly anyone is refused.

Coordinator thread only. Times are the clock's monotonic seconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from sync.monday.answers import Answer, Verdict, normal_code
from sync.monday.retry import Clock
from sync.settings import CALLS_A_MINUTE, POINTS_A_MINUTE, POINTS_A_WRITE

WINDOW = 60.0
GUARD = 1.0
MAX_GUARD = 30.0
# Kept free of the budget, for costs that turn out a little higher than reserved; among several, of our own share too.
HEADROOM = 0.005
YIELD = 0.1
# Calls of others in a minute that show another process at work, rather than a stray question of our own.
OTHERS_CALLS = 5
POLL = 0.25
_TOO_MANY = frozenset({normal_code("MINUTE_RATE_LIMIT_EXCEEDED"), normal_code("RATE_LIMIT_EXCEEDED")})
_OVERRUN = frozenset({normal_code("COMPLEXITY_BUDGET_EXHAUSTED"), normal_code("ComplexityException")})


@dataclass(frozen=True)
class Limits:
    """What an account may spend, until the answers tell better (API.md, Limits). ``row_cost``: points for one write.

    ``minute_rate`` binds once a header or a refusal has shown that calls are counted at all.
    """

    complexity_minute: int = POINTS_A_MINUTE
    complexity_query: int = 5_000_000
    row_cost: int = POINTS_A_WRITE
    minute_rate: int = CALLS_A_MINUTE
    concurrency: int = 40


@dataclass(frozen=True)
class Grant:
    """How many rows may go now; else how many seconds to wait before asking again."""

    rows: int
    wait_seconds: float = 0.0


@dataclass(eq=False)
class Ticket:
    """A request that may be sent: what was set aside for it."""

    rows: int
    cost: int
    at: float
    started: float | None = None
    free_at: float | None = None
    settled: bool = False


@dataclass
class _Window:
    """One sliding window: own charges by when they surely no longer weigh, and what others were seen to spend."""

    limit: int
    entries: deque[tuple[int, Ticket]] = field(default_factory=deque)
    others: float = 0.0
    others_at: float = 0.0
    told: bool = False

    def used(self, now: float) -> int:
        self.entries = deque((cost, ticket) for cost, ticket in self.entries if not _gone(ticket, now))
        return sum(cost for cost, _ in self.entries)

    def others_now(self, now: float) -> float:
        """What others spend, as last seen: taken to go on for a while, then to fade, if no answer tells better."""
        age = now - self.others_at
        return self.others * min(1.0, max(0.0, (1.25 * WINDOW - age) / WINDOW))

    def free(self, now: float, headroom: float) -> float:
        return self.limit * (1.0 - headroom) - self.used(now) - self.others_now(now)

    def wait(self, need: float, now: float, headroom: float) -> float:
        """Seconds until ``need`` is free by what is known now; a short poll where answers in flight decide."""
        free = self.free(now, headroom)
        for cost, ticket in sorted(
            ((cost, ticket) for cost, ticket in self.entries if ticket.free_at is not None),
            key=lambda entry: entry[1].free_at or 0.0,
        ):
            free += cost
            if free >= need:
                return max((ticket.free_at or now) - now, 0.001)
        return POLL if any(ticket.free_at is None for _, ticket in self.entries) else 1.0

    def told_remaining(self, left: int, at: float, own_most: int, surely: list[tuple[int, Ticket]]) -> None:
        """The server says ``left``: what it counts beyond anything of ours is others' spending.

        Where it counts less than what of ours it ``surely`` saw, the oldest of that weighs no longer: its window is
        another than ours, or it keeps no count at all.
        """
        counted = self.limit - left
        own_least = sum(cost for cost, _ in surely)
        self.others = float(max(0, counted - own_least)) if counted > own_most else 0.0
        self.others_at = at
        excess = own_least - counted
        for cost, ticket in sorted(surely, key=lambda entry: entry[1].free_at or 0.0):
            if cost > excess:
                break
            self.entries.remove((cost, ticket))
            excess -= cost


class Meter:
    """Says how many rows may go now, and learns from every answer."""

    def __init__(self, clock: Clock, *, limits: Limits | None = None, headroom: float = HEADROOM) -> None:
        self._clock = clock
        self._headroom = headroom
        self.limits = limits or Limits()
        self._points = _Window(self.limits.complexity_minute)
        self._calls = _Window(self.limits.minute_rate)
        self._query_limit = self.limits.complexity_query
        self._concurrency = self.limits.concurrency
        self._row_cost = self.limits.row_cost
        self._guard = GUARD
        self._blocked_until = 0.0
        self._answered = False
        self._open: list[Ticket] = []
        self.spent = 0
        self.refusals = 0

    @property
    def in_flight(self) -> int:
        """Requests reserved and not yet settled."""
        return len(self._open)

    @property
    def row_cost(self) -> int:
        """Points that one row costs, as last seen; the default until an answer tells."""
        return self._row_cost

    def most_rows(self) -> int:
        """The most rows that one request may carry by its cost."""
        return max(1, int(min(self._query_limit, self._points.limit) * (1.0 - self._headroom)) // self._row_cost)

    def affordable(self, rows: int) -> Grant:
        """How many of ``rows`` may be sent in one request now. 0 rows come with the seconds to wait."""
        now = self._clock.monotonic()
        if rows < 1:
            return Grant(0)
        if now < self._blocked_until:
            return Grant(0, self._blocked_until - now)
        if self.in_flight and not self._answered:
            return Grant(0, POLL)  # the first answer tells the account's limits
        if self.in_flight >= self._concurrency:
            return Grant(0, POLL)
        if self._calls.told and self._calls.free(now, self._headroom) < 1:
            return Grant(0, self._calls.wait(1, now, self._headroom))
        cost = self._row_cost
        rows = min(rows, self.most_rows())
        shared = self._others_at_work(now, cost)
        headroom = self._headroom + (YIELD * self._points.used(now) / self._points.limit if shared else 0.0)
        free = self._points.free(now, headroom)
        if shared:
            free = max(free / 2, min(free, cost))
        fit = int(free // cost) if free > 0 else 0
        # A crumb of a request costs a whole call; waiting for more is right as long as hardly any budget lies idle.
        least = max(1, min(rows, rows // 8, int(0.02 * self._points.limit / cost)))
        if shared and self._points.used(now) < 0.05 * self._points.limit:
            least = 1  # a newcomer takes what crumbs it finds, until the others have seen it
        if fit >= least:
            return Grant(min(rows, fit))
        return Grant(0, self._points.wait(least * cost, now, headroom))

    def _others_at_work(self, now: float, cost: int) -> bool:
        return self._points.others_now(now) >= cost or self._calls.others_now(now) >= OTHERS_CALLS

    def reserve(self, rows: int) -> Ticket:
        """Set aside what a request of ``rows`` will cost; every ticket must be settled."""
        cost = rows * self._row_cost
        ticket = Ticket(rows, cost, self._clock.monotonic())
        self._open.append(ticket)
        self._points.entries.append((cost, ticket))
        self._calls.entries.append((1, ticket))
        return ticket

    def cancel(self, ticket: Ticket) -> None:
        """Gives back what was set aside for a request that was never sent."""
        ticket.settled = True
        self._open.remove(ticket)
        for window in (self._points, self._calls):
            window.entries = deque(entry for entry in window.entries if entry[1] is not ticket)

    def settle(self, ticket: Ticket, answer: Answer) -> None:
        """The request of ``ticket`` came to ``answer``: what it cost, what is left, whether it was refused."""
        if ticket.settled:
            raise ValueError("this ticket was settled before")
        ticket.settled = self._answered = True
        self._open.remove(ticket)
        now = self._clock.monotonic()
        started, ended = self._times(answer, ticket.at, now)
        ticket.started, ticket.free_at = started, min(ended, started + self._guard) + WINDOW
        cost = self._cost_of(answer, ticket)
        self._replace(self._points, ticket, cost)
        if answer.verdict is Verdict.NOT_SENT:
            self._replace(self._calls, ticket, 0)
        else:
            self.spent += cost
        self._learn(answer, ticket, started, now)
        told = None if answer.replayed else answer.complexity
        if told is not None and ticket.rows and told.query > 0:
            self._row_cost = -(-told.query // ticket.rows)
        if answer.verdict is Verdict.SPLIT and ticket.rows > 1:
            self._query_limit = max(1, min(self._query_limit, ticket.cost // 2))
        if answer.verdict in (Verdict.WAIT, Verdict.UNKNOWN) and answer.wait_seconds is not None and not answer.locked:
            self._blocked_until = max(self._blocked_until, now + answer.wait_seconds)
        if any(normal_code(error.code) in _OVERRUN for error in answer.errors):
            # We overran the budget: others are at it, or charges come later than we thought.
            self.refusals += 1
            self._guard = min(MAX_GUARD, self._guard * 2)
        if any(normal_code(error.code) in _TOO_MANY for error in answer.errors):
            self._calls.told = (
                True  # no header names the limit, but there is one: taken to be that of the smallest plan
            )

    def observe(self, answer: Answer) -> None:
        """An answer to a question asked without a ticket (the board read): its cost counts, its headers teach."""
        self.settle(self.reserve(0), answer)

    # What an answer teaches

    def _cost_of(self, answer: Answer, ticket: Ticket) -> int:
        """What was charged: as told; nothing for what never ran; what was reserved where nobody knows.

        An answer replayed from a key's memory tells the figures of the first time.
        """
        if answer.complexity is not None and not answer.replayed:
            return max(0, answer.complexity.query)
        at_work = answer.verdict is Verdict.WAIT and answer.same_key
        unspent = answer.verdict in (Verdict.WAIT, Verdict.NOT_SENT, Verdict.SPLIT, Verdict.QUOTA)
        return 0 if unspent and not at_work else ticket.cost

    def _times(self, answer: Answer, reserved: float, now: float) -> tuple[float, float]:
        """When the request left and when its answer came; the ticket's own times where the answer has none."""
        if answer.started <= 0.0:
            return reserved, now
        started = min(max(answer.started, reserved), now)
        return started, min(started + max(answer.elapsed, 0.0), now)

    def _replace(self, window: _Window, ticket: Ticket, cost: int) -> None:
        window.entries = deque((cost if kept is ticket else old, kept) for old, kept in window.entries)

    def _learn(self, answer: Answer, ticket: Ticket, started: float, now: float) -> None:
        self._learn_quotas(answer.limits.quotas)
        left = answer.limits.left.get("complexityMinute")
        if left is None and answer.complexity is not None and not answer.replayed:
            left = answer.complexity.after
            self._guess_limit(answer.complexity.before)
        if left is not None:
            self._points.told_remaining(left, now, *self._own_at(self._points, ticket, started, now))
        calls = answer.limits.left.get("minuteRate")
        if calls is not None:
            self._calls.told_remaining(calls, now, *self._own_at(self._calls, ticket, started, now))

    def _guess_limit(self, before: int) -> None:
        """Without headers, the budget found at the very beginning shows which of Monday's sizes the account has."""
        if not self._points.told:
            sizes = (1_000_000, 5_000_000, 10_000_000)
            self._points.limit = next((size for size in sizes if before <= size), before)
            self._points.told = True

    def _learn_quotas(self, quotas: Mapping[str, int]) -> None:
        if found := quotas.get("complexityMinute"):
            self._points.limit, self._points.told = found, True
        if found := quotas.get("minuteRate"):
            self._calls.limit, self._calls.told = found, True
        if found := quotas.get("concurrency"):
            self._concurrency = found

    def _own_at(
        self, window: _Window, answered: Ticket, started: float, now: float
    ) -> tuple[int, list[tuple[int, Ticket]]]:
        """What of ours the server at most, and surely, counted when it answered a request begun at ``started``."""
        most = 0
        surely: list[tuple[int, Ticket]] = []
        for cost, ticket in window.entries:
            free_at = ticket.free_at
            if free_at is None or free_at > started:
                most += cost
            if free_at is None or ticket.started is None:
                continue
            surely_charged = ticket is answered or free_at - WINDOW <= started
            if surely_charged and ticket.started + WINDOW > now:
                surely.append((cost, ticket))
        return most, surely


def _gone(ticket: Ticket, now: float) -> bool:
    return ticket.free_at is not None and ticket.free_at <= now
