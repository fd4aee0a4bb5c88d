"""Time that passes only when somebody waits: a campaign keeps production's time-outs and takes no time over them.

The push and the local Monday share one timeline. What a server finishes late (after the line was cut, or after its
client was killed) hangs on a timer, and is done to the end before anybody sees a later moment.
"""

from __future__ import annotations

import datetime as dt
import heapq
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from sync.monday.meter import Clock

EPOCH = dt.datetime(2026, 6, 1, 8, 0, tzinfo=dt.UTC)


class NeverEnds(Exception):
    """A push went on for longer than any fault of a campaign can account for."""


class Timeline:
    """Seconds since its beginning, moved by ``sleep`` alone; due timers run on the way, in order.

    ``epoch``: the moment of its beginning, in UTC.
    """

    def __init__(self, epoch: dt.datetime = EPOCH) -> None:
        self.epoch = epoch
        self.limit = float("inf")
        """The moment beyond which nothing may wait: a push that goes round in circles must not do so for ever."""
        self._seconds = 0.0
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._lock = threading.RLock()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """What is done here may take so long and no longer."""
        self.limit = self._seconds + seconds
        try:
            yield
        finally:
            self.limit = float("inf")

    def seconds(self) -> float:
        """Seconds since the beginning."""
        return self._seconds

    def at(self, seconds: float, what: Callable[[], None]) -> None:
        """Calls ``what`` when this moment is reached."""
        with self._lock:
            heapq.heappush(self._timers, (seconds, next(self._order), what))

    def sleep(self, seconds: float) -> None:
        """Moves on; what falls due meanwhile is done at its own moment."""
        with self._lock:
            until = self._seconds + max(seconds, 0.0)
            if until > self.limit:
                raise NeverEnds("The push waits and waits; whatever it waits for was over long ago.")
            while self._timers and self._timers[0][0] <= until:
                moment, _, what = heapq.heappop(self._timers)
                self._seconds = max(self._seconds, moment)
                what()
            self._seconds = until

    def utc(self) -> dt.datetime:
        """The moment, naive, as the database keeps it."""
        return (self.epoch + dt.timedelta(seconds=self._seconds)).replace(tzinfo=None)


class SharedTimeline(Timeline):
    """Time that several pushes share, each in a thread of its own: it passes when all of them wait."""

    def __init__(self, epoch: dt.datetime = EPOCH) -> None:
        super().__init__(epoch)
        self._turn = threading.Condition()
        self._present = 0
        self._wakes: dict[int, float] = {}

    def join(self, members: int) -> None:
        """So many pushes begin; each ends with ``leave``."""
        self._present = members

    def leave(self) -> None:
        """A push has ended."""
        with self._turn:
            self._present -= 1
            self._go_on()

    def sleep(self, seconds: float) -> None:
        """Waits until everybody waits and this one is the next."""
        me = threading.get_ident()
        with self._turn:
            wake = self._wakes[me] = self._seconds + max(seconds, 0.0)
            self._go_on()
            self._turn.wait_for(lambda: self._seconds >= wake)
            del self._wakes[me]

    def _go_on(self) -> None:
        waiting = [wake for wake in self._wakes.values() if wake > self._seconds]
        if waiting and len(waiting) >= self._present:
            super().sleep(min(waiting) - self._seconds)
            self._turn.notify_all()


class PushClock(Clock):
    """The timeline as the push asks for it."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline

    def now(self) -> dt.datetime:
        """The moment, in UTC."""
        return self._timeline.epoch + dt.timedelta(seconds=self._timeline.seconds())

    def monotonic(self) -> float:
        """Seconds, never 0: some take that for "unknown"."""
        return 1000.0 + self._timeline.seconds()

    def sleep(self, seconds: float) -> None:
        """Lets the time pass."""
        self._timeline.sleep(seconds)


class MondayClock:
    """The timeline as the local Monday asks for it."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline

    def now(self) -> float:
        """Seconds since 1970."""
        return self._timeline.epoch.timestamp() + self._timeline.seconds()
