"""Outcomes on their way into the database: those that come in together are written together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sync.context import BoardContext
from sync.ledger import Ledger
from sync.queue import WorkQueue
from sync.results import Outcome
from sync.totals import Totals
from sync.work import ITEM, Request


@dataclass(frozen=True)
class _Closing:
    request: Request
    outcome: Outcome
    then: Callable[[], None] | None


class Closings:
    """Collects outcomes; ``flush`` writes them and counts them."""

    def __init__(self, ledger: Ledger, board: BoardContext, queue: WorkQueue, totals: Totals) -> None:
        self._ledger, self._board, self._queue, self._totals = ledger, board, queue, totals
        self._pending: list[_Closing] = []

    def add(self, request: Request, outcome: Outcome, then: Callable[[], None] | None = None) -> None:
        """An outcome to write; ``then`` runs once it is written, not at all where another run took the request over."""
        self._pending.append(_Closing(request, outcome, then))

    def flush(self) -> None:
        """Writes what came in, in one transaction; the sizes of confirmed orders follow at once."""
        pending, self._pending = self._pending, []
        if not pending:
            return
        held = self._ledger.close_all([(closing.request, closing.outcome) for closing in pending])
        ours = [closing for closing, mine in zip(pending, held, strict=True) if mine]
        for closing in ours:
            outcome = closing.outcome
            for success in outcome.successes:
                self._board.labels.confirm(success.row.new_labels)
            failed = [failure.row for failure in outcome.failures]
            for row in [*failed, *outcome.released, *outcome.gone_items, *outcome.gone_sizes]:
                self._board.labels.take_back(row.new_labels)
            self.count(outcome)
        for closing in ours:
            if closing.then is not None:
                closing.then()

    def count(self, outcome: Outcome) -> None:
        """Counts what was written for the progress; the sizes of confirmed orders follow at once."""
        self._totals.done += len(outcome.successes)
        self._totals.failed += len(outcome.failures)
        self._queue.confirmed([s.row.order_key for s in outcome.successes if s.row.level == ITEM])
