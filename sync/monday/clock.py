"""The clock that the rest is given, so that tests can run an hour in a millisecond."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from sync.errors import SyncError
from sync.settings import STOP_CHECK_SECONDS


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
        until = self._clock.monotonic() + seconds
        while (left := until - self._clock.monotonic()) > 0:
            if self._stopped():
                raise StopAsked("The run was asked to stop while it waited.")
            self._clock.sleep(min(left, STOP_CHECK_SECONDS))
