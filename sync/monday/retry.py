"""Wait and try again: the clock, the pauses between attempts, and when a run that Monday refuses is stalled."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from sync.errors import SyncError
from sync.monday.answers import Answer, Verdict
from sync.settings import BACKOFF, BELIEVED_WAITS, STALLED_SECONDS


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


class StallTimer:
    """Measure how long Monday has refused every request: from the first refusal after something got through.

    Each wait is kept to the letter. A run that is told to wait again and again ends, for it keeps the database busy,
    hides the trouble, and spends calls of the day's quota; its rows stay staged.
    """

    def __init__(self) -> None:
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
        return now + delay - since <= STALLED_SECONDS


def stalled(answer: Answer, what: str) -> str:
    """Say that Monday refused everything for so long; ``what`` says what becomes of the work."""
    said = answer.error.code if answer.error and answer.error.code else f"HTTP status {answer.http_status}"
    return f"Monday has refused every request for longer than {STALLED_SECONDS / 60:g} minutes ({said}); {what}"
