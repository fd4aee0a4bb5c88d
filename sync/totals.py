"""What a run did beside its rows: calls, and why it ended."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Totals:
    """Calls of a run, its rows so far for the eye, and what ended it early. Its figures come from the ledger."""

    done: int = 0
    """Rows confirmed so far."""
    failed: int = 0
    api_calls: int = 0
    api_retries: int = 0
    lookups: int = 0
    complexity_used: int = 0
    held_by_others: int = 0
    board_full: bool = False
    interrupted: bool = False
    quota_used_up: bool = False
    stopped_because: str | None = None
    put_off: str | None = None
    """Why the run ended before its rows were through, where Monday only ever told it to wait."""

    @property
    def stopped(self) -> bool:
        """Whether the run ended before it had come to all rows: asked to, or made to by Monday."""
        return bool(self.interrupted or self.quota_used_up or self.put_off or self.stopped_because)
