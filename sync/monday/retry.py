"""Wait and try again: the clock, the pauses between attempts, and when a run that Monday refuses is stalled."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from sync.errors import SyncError
from sync.log import PROGRESS
from sync.monday.answers import Answer, Verdict
from sync.settings import BACKOFF, BELIEVED_WAITS, MAX_ATTEMPTS, STALLED_SECONDS, STOP_CHECK_SECONDS

_BEFORE_ASKING = "Monday, before it is asked again"
"""What a wait outside the loop of a push is for."""


class Clock(Protocol):
    """Wall time, monotonic time in seconds, and waiting."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        PROGRESS.waits(_BEFORE_ASKING, seconds)
        time.sleep(max(0.0, seconds))


class StopAsked(SyncError):
    """The run was asked to stop while it waited."""

    exit_code = 3


class StoppableClock:
    """A clock whose long waits end with StopAsked once ``stopped`` says so."""

    def __init__(self, clock: Clock, stopped: Callable[[], bool]) -> None:
        self._clock, self._stopped = clock, stopped

    def now(self) -> datetime:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        PROGRESS.waits(_BEFORE_ASKING, seconds)
        until = self._clock.monotonic() + seconds
        while (left := until - self._clock.monotonic()) > 0:
            if self._stopped():
                raise StopAsked("The run was asked to stop while it waited.")
            self._clock.sleep(min(left, STOP_CHECK_SECONDS))


@dataclass(frozen=True)
class Backoff:
    """Exponential waiting: ``base`` seconds, times ``factor`` per failure, up to ``cap``; ``attempts`` in all."""

    base: float = BACKOFF[0]
    factor: float = BACKOFF[1]
    cap: float = BACKOFF[2]
    attempts: int = MAX_ATTEMPTS

    def delay(self, failures: int, random: Callable[[], float]) -> float | None:
        """Return the seconds to wait after the ``failures``-th failure (from 1); None when no attempt is left.

        ``random`` gives a number in [0, 1). The wait is spread over the upper half of its nominal length, so that
        workers which failed together don't come back together, and none comes back at once.
        """
        if failures < 1:
            raise ValueError("failures counts from 1")
        if failures >= self.attempts:
            return None
        # The exponent is bounded because a float power overflows long before anyone has waited that often.
        nominal = min(self.cap, self.base * self.factor ** min(failures - 1, 64))
        return nominal * (0.5 + 0.5 * random())


_STEADY = Backoff(attempts=sys.maxsize)


def pause(told: float | None, refusals: int, random: Callable[[], float]) -> float:
    """Return the seconds to wait after so many refusals in a row: as told, or growing where no time is named.

    Where what was told has not helped some times, it is stretched: each try is a call of the day's quota.
    """
    if told is not None and refusals <= BELIEVED_WAITS:
        return told
    growing = _STEADY.delay(refusals if told is None else refusals - BELIEVED_WAITS, random) or 0.0
    return max(told or 0.0, growing)


class StallTimer:
    """Measure how long Monday has refused every request: from the first refusal after something got through.

    Each wait is kept to the letter. A run that is told to wait again and again ends, for it keeps the database busy,
    hides the trouble, and spends calls of the day's quota; its rows stay staged.
    """

    def __init__(self, most: float = STALLED_SECONDS) -> None:
        self._most = most
        self._since: float | None = None

    @property
    def refused(self) -> bool:
        """Return whether nothing got through since the last refusal: one request at a time is enough to find out."""
        return self._since is not None

    def heard(self, answer: Answer, now: float) -> None:
        """Take note of an answer: one to the matter ends the stall, a refusal begins it or goes on with it."""
        if answer.verdict in (Verdict.ANSWERED, Verdict.SPLIT):
            self._since = None
        elif answer.verdict is Verdict.WAIT and self._since is None:
            self._since = now

    def lasts(self, now: float, delay: float) -> bool:
        """Return whether the run may wait ``delay`` seconds more."""
        since = now if self._since is None else self._since
        return now + delay - since <= self._most


def stalled(answer: Answer, what: str, most: float = STALLED_SECONDS) -> str:
    """Say that Monday refused everything for so long; ``what`` says what becomes of the work."""
    said = answer.error.code if answer.error and answer.error.code else f"HTTP status {answer.http_status}"
    return f"Monday has refused every request for longer than {most / 60:g} minutes ({said}); {what}"
