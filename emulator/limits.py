"""Monday's limits: complexity points, calls a minute, calls in flight, calls a day, calls from one address.

Each limit is a small object with the clock injected; `Meter` holds those of one token, counts a call in, refuses it in
Monday's words, and writes the RateLimit headers.
"""

from __future__ import annotations

import math
from collections import deque

from emulator.clock import seconds_to_midnight
from emulator.config import Limits
from emulator.errors import RequestError
from emulator.switches import Switches

WINDOW = 60.0
IP_WINDOW = 10.0


class Window:
    """A sliding window: at most `most` units within `seconds`. With `most` 0 nothing is refused, but all is counted."""

    def __init__(self, most: int, seconds: float) -> None:
        self.most = most
        self.seconds = seconds
        self.used = 0
        self._spent: deque[tuple[float, int]] = deque()

    def _expire(self, now: float) -> None:
        while self._spent and self._spent[0][0] <= now - self.seconds:
            self.used -= self._spent.popleft()[1]

    def left(self, now: float) -> int:
        """Units that may be spent at `now`; never negative."""
        self._expire(now)
        return max(0, self.most - self.used)

    def fits(self, units: int, now: float) -> bool:
        """Whether `units` may be spent at `now`."""
        return not self.most or units <= self.left(now)

    def spend(self, units: int, now: float) -> None:
        """Counts `units` at `now`, allowed or not."""
        self._expire(now)
        if units:
            self._spent.append((now, units))
            self.used += units

    def wait(self, units: int, now: float) -> float:
        """Seconds until `units` fit (0 if they fit now; the whole window if they never will)."""
        self._expire(now)
        needed = self.used + units - self.most
        if not self.most or needed <= 0:
            return 0.0
        for at, spent in self._spent:
            needed -= spent
            if needed <= 0:
                return at + self.seconds - now
        return self.seconds

    def reset(self, now: float, newest: bool) -> float:
        """Seconds until the oldest (or the newest) spending leaves the window; the whole window when it is empty."""
        self._expire(now)
        if not self._spent:
            return self.seconds
        return self._spent[-1 if newest else 0][0] + self.seconds - now


class Meter:
    """All limits of one token."""

    def __init__(self, limits: Limits, switches: Switches) -> None:
        self.limits = limits
        self.switches = switches
        self.writes = Window(limits.minute_points, WINDOW)
        self.reads = Window(limits.minute_points, WINDOW) if limits.split_budget else self.writes
        self.calls = Window(limits.minute_calls, WINDOW)
        self.addresses: dict[str, Window] = {}
        self.in_flight = 0
        self.day = -1
        self.calls_today = 0
        self.points_total = 0
        self.refusals: dict[str, int] = {}

    def _refuse(self, code: str, message: str, wait: float, hint: str = "both", status: int = 429) -> RequestError:
        self.refusals[code] = self.refusals.get(code, 0) + 1
        seconds = max(1, math.ceil(wait))
        return RequestError(
            status,
            code,
            message,
            retry_in_seconds=seconds if hint in ("both", "retry_in_seconds") else None,
            retry_after=seconds if hint in ("both", "retry_after") else None,
        )

    def _today(self, now: float) -> None:
        if int(now // 86_400) != self.day:
            self.day = int(now // 86_400)
            self.calls_today = 0

    def use_up_day(self, now: float) -> None:
        """Uses up the daily quota until midnight UTC, whatever it is."""
        self._today(now)
        self.calls_today = max(self.limits.daily_calls, 1) + 1_000_000_000

    def restart_day(self) -> None:
        """The daily quota is fresh again."""
        self.calls_today = 0

    def enter(self, address: str, now: float) -> None:
        """Counts a call in; RequestError when one of the call limits refuses it. `leave` must follow either way."""
        self.in_flight += 1
        self._today(now)
        limits = self.limits
        window = self.addresses.setdefault(address, Window(limits.ip_calls, IP_WINDOW))
        refusal: RequestError | None = None
        if not window.fits(1, now):
            refusal = self._refuse(
                "IP_RATE_LIMIT_EXCEEDED", "Too many requests from this IP address", window.wait(1, now)
            )
        elif limits.concurrent_calls and self.in_flight > limits.concurrent_calls:
            refusal = self._refuse("maxConcurrencyExceeded", "Max concurrency exceeded", 1)
        elif not self.calls.fits(1, now):
            wait = self.calls.wait(1, now)
            refusal = self._refuse("MINUTE_RATE_LIMIT_EXCEEDED", "Minute rate limit exceeded", wait)
        elif self.calls_today >= (limits.daily_calls or 1_000_000_000):
            wait = seconds_to_midnight(now)
            refusal = self._refuse("DAILY_LIMIT_EXCEEDED", "Daily limit exceeded", wait)
        window.spend(1, now)
        if refusal is None or self.switches.refused_calls_count:
            self.calls_today += 1
        if refusal is not None:
            raise refusal
        self.calls.spend(1, now)

    def leave(self) -> None:
        """A call that was entered is answered."""
        self.in_flight -= 1

    def budget(self, writing: bool) -> Window:
        """The window that a document spends from."""
        return self.writes if writing else self.reads

    def spend(self, points: int, writing: bool, now: float) -> None:
        """Takes the points of a document; RequestError when it is too dear or the budget does not hold them."""
        if self.limits.query_points and points > self.limits.query_points:
            message = f"Query complexity {points} exceeds the maximum of {self.limits.query_points} for a single query"
            raise self._refuse("REQUEST_MAX_COMPLEXITY_EXCEEDED", message, 1, "none")
        window = self.budget(writing)
        if not window.fits(points, now):
            wait = window.wait(points, now)
            message = f"Complexity budget exhausted, query cost {points} budget remaining {window.left(now)} out of "
            message += f"{window.most} reset in {max(1, math.ceil(wait))} seconds"
            hint, status = self.switches.complexity_hint, self.switches.complexity_status
            refusal = self._refuse("COMPLEXITY_BUDGET_EXHAUSTED", message, wait, hint, status)
            refusal.data = {"query_complexity": points, "budget_remaining": window.left(now)}
            raise refusal
        window.spend(points, now)
        self.points_total += points

    def headers(self, writing: bool, now: float) -> list[tuple[str, str]]:
        """The RateLimit-Policy and RateLimit headers of an answer."""
        limits = self.limits
        policies: list[str] = []
        states: list[str] = []
        if limits.minute_calls:
            policies.append(f'"minuteRate";q={limits.minute_calls};w=60')
            states.append(f'"minuteRate";r={self.calls.left(now)}')
        if limits.concurrent_calls:
            policies.append(f'"concurrency";q={limits.concurrent_calls};qu="concurrent-requests"')
            states.append(f'"concurrency";r={max(0, limits.concurrent_calls - self.in_flight)}')
        if limits.minute_points and self.switches.complexity_header != "absent":
            window = self.budget(writing)
            name = self.switches.complexity_header
            policies.append(f'"{name}";q={limits.minute_points};w=60;qu="content-bytes"')
            reset = math.ceil(window.reset(now, self.switches.complexity_reset == "newest"))
            states.append(f'"{name}";r={window.left(now)};t={reset}')
        if not policies:
            return []
        return [("RateLimit-Policy", ", ".join(policies)), ("RateLimit", ", ".join(states))]
