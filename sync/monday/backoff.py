"""How long to wait before the same thing is tried again, where the server does not say (RULES.md, Batches, retries)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Backoff:
    """Exponential waiting: ``base`` seconds, times ``factor`` per failure, up to ``cap``; ``attempts`` in all."""

    base: float = 2.0
    factor: float = 2.0
    cap: float = 60.0
    attempts: int = 4

    def delay(self, failures: int, random: Callable[[], float]) -> float | None:
        """Seconds to wait after the ``failures``-th failed attempt (1 is the first); None when no attempt is left.

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
