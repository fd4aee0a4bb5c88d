"""How long a run lets itself be put off while Monday answers "wait" and lets nothing through. Pure.

Each wait is kept to the letter, but a run that is told to wait again and again must not hang about unattended: it keeps
the database busy, hides the trouble, and spends calls of the day's quota. So it ends, and its rows stay staged.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from sync.monday.answers import Answer, Verdict
from sync.monday.backoff import Backoff

PUT_OFF_SECONDS = 15 * 60.0
BELIEVED = 3
"""Refusals in a row after each of which the wait that Monday names is believed to be enough."""
_STEADY = Backoff(attempts=sys.maxsize)


def pause(told: float | None, refusals: int, random: Callable[[], float]) -> float:
    """Seconds to wait after the ``refusals``-th refusal in a row: as told, or growing where no time is named.

    Where what was told has not helped some times, it is stretched: each try is a call of the day's quota.
    """
    if told is not None and refusals <= BELIEVED:
        return told
    growing = _STEADY.delay(refusals if told is None else refusals - BELIEVED, random) or 0.0
    return max(told or 0.0, growing)


class Patience:
    """Counts from the first refusal after something got through."""

    def __init__(self, most: float = PUT_OFF_SECONDS) -> None:
        self._most = most
        self._since: float | None = None

    @property
    def tried(self) -> bool:
        """Whether nothing got through since the last refusal: one request at a time is enough to find out."""
        return self._since is not None

    def heard(self, answer: Answer, now: float) -> None:
        """Every answer of the run: one to the matter ends the waiting, a refusal begins it or goes on with it."""
        if answer.verdict in (Verdict.ANSWERED, Verdict.SPLIT):
            self._since = None
        elif answer.verdict is Verdict.WAIT and self._since is None:
            self._since = now

    def lasts(self, now: float, delay: float) -> bool:
        """Whether the run may wait ``delay`` seconds more."""
        since = now if self._since is None else self._since
        return now + delay - since <= self._most


def put_off(answer: Answer, what: str, most: float = PUT_OFF_SECONDS) -> str:
    """The sentence for a run whose patience is used up; ``what`` says what becomes of its work."""
    said = answer.error.code if answer.error and answer.error.code else f"HTTP status {answer.http_status}"
    return f"Monday lets nothing through and puts the run off for longer than {most / 60:g} minutes ({said}); {what}"
