"""Outcomes on their way into the database: those that come in together are written together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sync.batches import Batches
from sync.context import BoardContext
from sync.ledger import Ledger
from sync.queue import WorkQueue
from sync.results import Failure, Outcome, Success
from sync.totals import Totals
from sync.work import ITEM, Request


@dataclass(frozen=True)
class _Closing:
    request: Request
    outcome: Outcome
    then: Callable[[], None] | None


class Closings:
    """Collects outcomes; ``flush`` writes them and counts them."""

    def __init__(self, ledger: Ledger, batches: Batches, board: BoardContext, queue: WorkQueue, totals: Totals) -> None:
        self._ledger, self._batches, self._board, self._queue = ledger, batches, board, queue
        self._totals = totals
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
        confirmed: list[str] = []
        ours = [closing for closing, mine in zip(pending, held, strict=True) if mine]
        for closing in ours:
            outcome = closing.outcome
            for success in outcome.successes:
                self._board.labels.confirm(success.row.new_labels)
                self._totals.count_success(success)
            failed = [failure.row for failure in outcome.failures]
            for row in [*failed, *outcome.released, *outcome.gone_items, *outcome.gone_sizes]:
                self._board.labels.take_back(row.new_labels)
            self.count_failures(outcome.failures)
            self._batches.requested(closing.request, [success.row for success in outcome.successes])
            confirmed += [success.row.order_key for success in outcome.successes if success.row.level == ITEM]
        self._queue.confirmed(confirmed)
        for closing in ours:
            if closing.then is not None:
                closing.then()

    def count_shown(self, successes: Sequence[Success]) -> None:
        """Counts rows that were confirmed without a request; the sizes of the orders follow."""
        rows = [success.row for success in successes]
        for success in successes:
            self._totals.count_success(success)
        self._batches.done(rows)
        self._queue.confirmed([row.order_key for row in rows if row.level == ITEM])

    def count_failures(self, failures: Iterable[Failure]) -> None:
        """Counts failed rows in the run and in their batches."""
        failures = list(failures)
        self._totals.count_failures(failures)
        for failure in failures:
            self._batches.failed(failure.row, retryable=failure.comes_back)
