"""When the next request may go: Monday's budgets of points, calls and requests in flight, and waits after a refusal.

The server counts what was charged in the last 60 s. We can't see when it charges, only when a request left and when its
answer came; a request is charged, or refused, as it arrives, so its charge is taken to lie at most ``guard`` seconds
after the request left, and to weigh for 60 s from then. That keeps the budget nearly full, and counts no charge as gone
that may still weigh. A refusal doubles the guard.

What the headers tell beyond our own spending, in points or in calls, is other processes' on the same token. While there
are any, a process leaves the more of the budget alone the more of it is its own, and asks for half of what is free: so
the shares even out, a newcomer finds room, and hardly anyone is refused.

The meter is the coordinator thread's alone. Times are the clock's monotonic seconds.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sync.monday.answers import Answer, Verdict
from sync.settings import BACKOFF, BELIEVED_WAITS, CALLS_A_MINUTE, POINTS_A_MINUTE, POINTS_A_WRITE, STALLED_SECONDS

WINDOW = 60.0
GUARD = 1.0
MAX_GUARD = 30.0
# Kept free of the budget, for costs that turn out a little higher than reserved; among several, of our own share too.
HEADROOM = 0.005
YIELD = 0.1
# Calls of others in a minute that show another process at work, rather than a stray question of our own.
OTHERS_CALLS = 5
POLL = 0.25
# What an account may spend, until the answers tell better.
POINTS_A_QUERY = 5_000_000
CONCURRENCY = 40


class Clock:
    """The machine's clock: wall time in UTC, monotonic time in seconds, and waiting."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds))


@dataclass(eq=False)
class Ticket:
    """A request that may be sent, with what was set aside for it, by budget, and later what it was charged.

    ``started``: when it left; until its answer tells, when it was set aside. ``free_at``: when its charges surely no
    longer weigh; without end while it is in flight.
    """

    rows: int
    started: float
    charges: dict[str, int]
    free_at: float = math.inf


@dataclass
class _Window:
    """One budget of a minute: own charges, and what others were seen to spend. ``name`` is that of Monday's headers.

    ``told``: an answer has shown the limit, or that there is one.
    """

    name: str
    limit: int
    tickets: list[Ticket]
    told: bool = False
    others: float = 0.0
    others_at: float = 0.0

    def used(self, now: float) -> int:
        return sum(ticket.charges[self.name] for ticket in self.tickets if ticket.free_at > now)

    def others_now(self, now: float) -> float:
        """What others spend, as last seen: taken to go on for a while, then to fade, if no answer tells better."""
        return self.others * min(1.0, max(0.0, (1.25 * WINDOW - (now - self.others_at)) / WINDOW))

    def free(self, now: float, headroom: float) -> float:
        return self.limit * (1.0 - headroom) - self.used(now) - self.others_now(now)

    def wait(self, need: float, now: float, headroom: float) -> float:
        """Seconds until ``need`` is free by what is known now; a short poll where answers in flight decide."""
        free = self.free(now, headroom)
        for ticket in sorted(self.tickets, key=lambda each: each.free_at):
            if ticket.free_at == math.inf:
                return POLL
            free += ticket.charges[self.name]
            if free >= need:
                return max(ticket.free_at - now, 0.001)
        return 1.0

    def hear(self, left: int, answered: Ticket, now: float) -> None:
        """The server says what is ``left``: what it counts beyond anything of ours is others' spending.

        Where it counts less than what of ours it surely saw, the oldest of that weighs no longer: its window is another
        than ours, or it keeps no count at all.
        """
        asked, counted = answered.started, self.limit - left
        surely = [
            ticket
            for ticket in self.tickets
            if (ticket is answered or ticket.free_at - WINDOW <= asked) and ticket.started + WINDOW > now
        ]
        excess = sum(ticket.charges[self.name] for ticket in surely) - counted
        self.others, self.others_at = float(max(0, -excess)) if counted > self.used(asked) else 0.0, now
        for ticket in sorted(surely, key=lambda each: each.free_at):
            if ticket.charges[self.name] > excess:
                break
            excess -= ticket.charges[self.name]
            ticket.charges[self.name] = 0


class Meter:
    """Says how many rows may go now, and learns from every answer."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tickets: list[Ticket] = []  # all whose charges may still weigh; the same list as in the windows
        self._points = _Window("complexityMinute", POINTS_A_MINUTE, self._tickets)
        self._calls = _Window("minuteRate", CALLS_A_MINUTE, self._tickets)
        self._query_limit, self._row_cost, self._guard = POINTS_A_QUERY, POINTS_A_WRITE, GUARD
        self._concurrency, self._blocked_until = CONCURRENCY, 0.0
        self._answered = False

    def most_rows(self) -> int:
        """The most rows that one request may carry by its cost."""
        return max(1, int(min(self._query_limit, self._points.limit) * (1.0 - HEADROOM)) // self._row_cost)

    def affordable(self, rows: int) -> tuple[int, float]:
        """How many of ``rows`` may be sent in one request now; for 0 rows, how long to wait before asking again."""
        now, cost, points, calls = self._clock.monotonic(), self._row_cost, self._points, self._calls
        self._tickets[:] = [ticket for ticket in self._tickets if ticket.free_at > now]
        if now < self._blocked_until:
            return 0, self._blocked_until - now
        most = self._concurrency if self._answered else 1  # the first answer tells the account's limits
        if sum(ticket.free_at == math.inf for ticket in self._tickets) >= most:
            return 0, POLL
        if calls.told and calls.free(now, HEADROOM) < 1:
            return 0, calls.wait(1, now, HEADROOM)
        rows = min(rows, self.most_rows())
        shared = points.others_now(now) >= cost or calls.others_now(now) >= OTHERS_CALLS
        headroom = HEADROOM + (YIELD * points.used(now) / points.limit if shared else 0.0)
        free = points.free(now, headroom)
        free = max(free / 2, min(free, cost)) if shared else free
        fit = max(0, int(free // cost))
        # A crumb of a request costs a whole call; waiting for more is right as long as hardly any budget lies idle.
        least = max(1, min(rows, rows // 8, int(0.02 * points.limit / cost)))
        if shared and points.used(now) < 0.05 * points.limit:
            least = 1  # a newcomer takes what crumbs it finds, until the others have seen it
        return (min(rows, fit), 0.0) if fit >= least else (0, points.wait(least * cost, now, headroom))

    def reserve(self, rows: int) -> Ticket:
        """Set aside what a request of ``rows`` will cost; every ticket must be settled or cancelled."""
        charges = {self._points.name: rows * self._row_cost, self._calls.name: 1}
        self._tickets.append(Ticket(rows, self._clock.monotonic(), charges))
        return self._tickets[-1]

    def cancel(self, ticket: Ticket) -> None:
        """Gives back what was set aside for a request that was never sent."""
        self._tickets.remove(ticket)

    def observe(self, answer: Answer) -> None:
        """An answer to a question asked without a ticket (the board read): its cost counts, its headers teach."""
        self.settle(self.reserve(0), answer)

    def settle(self, ticket: Ticket, answer: Answer) -> None:
        """The request of ``ticket`` came to ``answer``: what it cost, what is left, whether it was refused."""
        now, verdict, points = self._clock.monotonic(), answer.verdict, self._points.name
        self._answered = True
        ticket.started = began = min(max(answer.raw.started, ticket.started), now)
        ticket.free_at = min(began + max(answer.raw.elapsed, 0.0), now, began + self._guard) + WINDOW
        if verdict is Verdict.SPLIT and ticket.rows > 1:
            self._query_limit = max(1, min(self._query_limit, ticket.charges[points] // 2))
        cost = None if answer.replayed else answer.cost  # a key's memory tells the figures of the first time
        refused = verdict in (Verdict.WAIT, Verdict.NOT_SENT, Verdict.SPLIT, Verdict.QUOTA)
        if cost is not None or (refused and not (verdict is Verdict.WAIT and answer.same_key)):
            ticket.charges[points] = max(0, cost or 0)  # else what was reserved, where nobody knows
        if verdict is Verdict.NOT_SENT:
            ticket.charges[self._calls.name] = 0
        self._learn(answer, cost, ticket, now)
        if verdict in (Verdict.WAIT, Verdict.UNKNOWN) and answer.wait_seconds is not None and not answer.locked:
            self._blocked_until = max(self._blocked_until, now + answer.wait_seconds)
        if answer.told("COMPLEXITY_BUDGET_EXHAUSTED", "ComplexityException"):
            self._guard = min(MAX_GUARD, self._guard * 2)  # others are at it, or charges come later than we thought
        # No header names the limit, but there is one: taken to be that of the smallest plan.
        self._calls.told |= answer.told("MINUTE_RATE_LIMIT_EXCEEDED", "RATE_LIMIT_EXCEEDED")

    def _learn(self, answer: Answer, cost: int | None, ticket: Ticket, now: float) -> None:
        """Take limits and what is left from the headers; without them, the points from the answer itself."""
        quotas, left = map(dict, answer.limits)
        self._concurrency = quotas.get("concurrency", self._concurrency)
        if cost is not None and self._points.name not in left:
            left[self._points.name] = answer.after
            if not self._points.told:  # the budget found at the very beginning shows which size the account has
                sizes = (1_000_000, 5_000_000, 10_000_000)
                quotas.setdefault(self._points.name, next((n for n in sizes if answer.before <= n), answer.before))
        for window in (self._points, self._calls):
            if quota := quotas.get(window.name):
                window.limit, window.told = quota, True
            if window.name in left:
                window.hear(left[window.name], ticket, now)
        if cost is not None and ticket.rows and cost > 0:
            self._row_cost = -(-cost // ticket.rows)


def backoff(failures: int, random: Callable[[], float]) -> float:
    """Return the seconds to wait after the ``failures``-th failure (from 1); they grow up to a cap.

    ``random`` gives a number in [0, 1). The wait is spread over the upper half of its nominal length, so that workers
    which failed together don't come back together, and none comes back at once.
    """
    base, factor, cap = BACKOFF
    # The exponent is bounded because a float power overflows long before anyone has waited that often.
    return min(cap, base * factor ** min(failures - 1, 64)) * (0.5 + 0.5 * random())


def pause(told: float | None, refusals: int, random: Callable[[], float]) -> float:
    """Return the seconds to wait after so many refusals in a row: as told, or growing where no time is named.

    Where what was told has not helped some times, it is stretched: each try is a call of the day's quota.
    """
    if told is not None and refusals <= BELIEVED_WAITS:
        return told
    return max(told or 0.0, backoff(refusals if told is None else refusals - BELIEVED_WAITS, random))


@dataclass
class StallTimer:
    """Measure how long Monday has refused every request: from the first refusal after something got through.

    Each wait is kept to the letter. A run that is told to wait again and again ends, for it keeps the database busy,
    hides the trouble, and spends calls of the day's quota; its rows stay staged.
    """

    since: float | None = None

    @property
    def refused(self) -> bool:
        """Return whether nothing got through since the last refusal: one request at a time is enough to find out."""
        return self.since is not None

    def heard(self, answer: Answer, now: float) -> None:
        """Take note of an answer: one to the matter ends the stall, a refusal begins it or goes on with it."""
        match answer.verdict:
            case Verdict.ANSWERED | Verdict.SPLIT:
                self.since = None
            case Verdict.WAIT:
                self.since = now if self.since is None else self.since

    def lasts(self, now: float, delay: float) -> bool:
        """Return whether the run may wait ``delay`` seconds more."""
        return now + delay - (now if self.since is None else self.since) <= STALLED_SECONDS


def stalled(answer: Answer, delay: float, what: str) -> str:
    """Say that Monday refused everything for so long, or asks for so long a wait; ``what`` becomes of the work."""
    said = answer.error.code if answer.error and answer.error.code else f"HTTP status {answer.raw.status}"
    if delay > STALLED_SECONDS:
        return f"Monday asks for a wait of {math.ceil(delay / 60):,} minutes ({said}); {what}"
    return f"Monday has refused every request for longer than {STALLED_SECONDS / 60:g} minutes ({said}); {what}"
