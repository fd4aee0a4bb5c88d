"""Time for the emulator: seconds since 1970, from the machine or from a test."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from: limits, key life, search lag and time stamps all ask it."""

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return time.time()


class ManualClock:
    """A clock that moves only when told, so that a test can cross a minute or midnight at once."""

    def __init__(self, start: float = 1_780_000_000.0) -> None:
        self._now = start

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC, as last set."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Moves the time forward by `seconds`; going back is refused with ValueError."""
        if seconds < 0:
            raise ValueError("A clock does not go back: give zero seconds or more.")
        self._now += seconds


def iso(seconds: float) -> str:
    """`seconds` since 1970 as Monday writes a time: 2026-11-23T09:47:17Z."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_to_midnight(now: float) -> float:
    """Seconds from `now` to the next midnight UTC, when the daily quota starts anew."""
    return 86_400.0 - now % 86_400.0
