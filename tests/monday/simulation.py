"""A server with a sliding budget, and pushes that share it, in virtual time."""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sync.monday.answers import Answer, read_answer
from sync.monday.meter import Meter, Ticket
from tests.monday.fakes import FakeClock, failure, raw


@dataclass
class Server:
    """Charges a request as it arrives (or, ``late``, as it is finished), over a sliding or a fixed window of 60 s."""

    budget: int = 10_000_000
    headers: bool = True
    fixed: bool = False
    charges: deque[tuple[float, int]] = field(default_factory=deque)
    accepted: list[tuple[float, int]] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    calls: deque[float] = field(default_factory=deque)
    worst: int = 0

    def used(self, at: float) -> int:
        horizon = at - at % 60.0 if self.fixed else at - 60.0
        while self.charges and (self.charges[0][0] < horizon if self.fixed else self.charges[0][0] <= horizon):
            self.charges.popleft()
        return sum(cost for _, cost in self.charges)

    def take(self, at: float, cost: int, rows: int) -> dict[str, Any]:
        used = self.used(at)
        self.calls.append(at)
        while self.calls[0] <= at - 60.0:
            self.calls.popleft()
        names = {}
        left = self.budget - used - cost
        if left < 0:
            self.refused.append(at)
            if self.headers:
                names = self._headers(self.budget - used)
            error = failure("COMPLEXITY_BUDGET_EXHAUSTED", "Complexity budget exhausted", retry_in_seconds=5)
            return {"body": {"errors": [error]}, "status": 429, "headers": names}
        self.charges.append((at, cost))
        self.accepted.append((at, cost))
        self.worst = max(self.worst, used + cost)
        if self.headers:
            names = self._headers(left)
        complexity = {"before": self.budget - used, "query": cost, "after": left, "reset_in_x_seconds": 60}
        data: dict[str, Any] = {f"a{n}": {"id": "1"} for n in range(rows)}
        return {"body": {"data": {"complexity": complexity, **data}}, "status": 200, "headers": names}

    def _headers(self, left: int) -> dict[str, str]:
        return {
            "RateLimit-Policy": f'"complexityMinute";q={self.budget};w=60, "minuteRate";q=5000;w=60',
            "RateLimit": f'"minuteRate";r={5000 - len(self.calls)}, "complexityMinute";r={left};t=45',
        }


@dataclass
class Pusher:
    """A push with ``workers`` requests in flight at most, asking its own meter."""

    meter: Meter
    batch: int = 25
    workers: int = 4
    flights: int = 0
    rows_done: int = 0
    calls: int = 0


def simulate(
    server: Server,
    *,
    minutes: float,
    pushers: int = 1,
    batch: int = 25,
    workers: int = 4,
    one_way: Callable[[random.Random], float] = lambda r: r.uniform(0.02, 0.15),
    per_row: float = 0.05,
    cost_of_row: int = 30_000,
    overhead: int = 11,
    late: bool = False,
    meter: Callable[[FakeClock], Meter] = Meter,
    seed: int = 1,
) -> list[Pusher]:
    """Run until ``minutes`` have passed: every pusher always has more rows to send."""
    clock = FakeClock(start=600.0)
    chance = random.Random(seed)
    events: list[tuple[float, int, Callable[[], None]]] = []
    order = count()
    end = clock.time + minutes * 60

    def at(when: float, what: Callable[[], None]) -> None:
        heapq.heappush(events, (when, next(order), what))

    def fill(pusher: Pusher) -> None:
        while pusher.flights < pusher.workers:
            grant = pusher.meter.affordable(pusher.batch)
            if grant.rows == 0:
                at(clock.time + max(grant.wait_seconds, 0.01), lambda: fill(pusher))
                return
            send(pusher, pusher.meter.reserve(grant.rows), grant.rows)

    def send(pusher: Pusher, ticket: Ticket, rows: int) -> None:
        pusher.flights += 1
        sent = clock.time
        cost = rows * cost_of_row + overhead
        arrives = sent + one_way(chance)
        works = rows * per_row * chance.uniform(0.7, 1.3)
        charged = arrives + works if late else arrives

        def charge() -> None:
            answer = server.take(clock.time, cost, rows)
            back = (arrives + works if answer["status"] != 429 else clock.time) + one_way(chance)
            at(max(back, clock.time), lambda: done(answer))

        def done(given: dict[str, Any]) -> None:
            aliases = [f"a{n}" for n in range(rows)]
            elapsed = clock.time - sent
            answer: Answer = read_answer(
                raw(given["body"], given["status"], given["headers"], elapsed=elapsed, started=sent), aliases
            )
            pusher.meter.settle(ticket, answer)
            pusher.flights -= 1
            pusher.calls += 1
            pusher.rows_done += rows if given["status"] == 200 else 0
            fill(pusher)

        at(charged, charge)

    all_pushers = [Pusher(meter(clock), batch, workers) for _ in range(pushers)]
    for number, pusher in enumerate(all_pushers):
        at(clock.time + number * 0.3, lambda pusher=pusher: fill(pusher))  # type: ignore[misc]
    while events and events[0][0] < end:
        when, _, what = heapq.heappop(events)
        clock.time = max(clock.time, when)
        what()
    return all_pushers


def share_used(server: Server, minutes: float, start: float = 600.0) -> float:
    """The part of the budget that was spent, from the second minute on."""
    spent = sum(cost for when, cost in server.accepted if start + 60 <= when < start + minutes * 60)
    return spent / (server.budget * (minutes - 1))
