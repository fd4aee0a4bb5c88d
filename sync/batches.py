"""MON_BatchProcessing: one row per batch, with counters and phase times that are filled truthfully."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sync.ledger import Ledger
from sync.selection import Selection
from sync.work import ITEM, Request, WorkRow, to_json

FAILED_UNDER = 0.8
"""Share of records below which a batch counts as failed (RULES.md, Batches and retries)."""


@dataclass
class Batch:
    """Counters of one batch in this run."""

    id: str
    customer: str | None
    type: str
    planned: dict[str, int] = field(default_factory=lambda: {"ITEM": 0, "SUBITEM": 0})
    done: dict[str, int] = field(default_factory=lambda: {"ITEM": 0, "SUBITEM": 0})
    failed: dict[str, int] = field(default_factory=lambda: {"ITEM": 0, "SUBITEM": 0})
    coming_back: dict[str, int] = field(default_factory=lambda: {"ITEM": 0, "SUBITEM": 0})
    """Failed records that are tried again by themselves: they wait, but count as failed."""
    calls: float = 0
    complexity: float = 0
    first: dict[str, dt.datetime] = field(default_factory=dict)
    last: dict[str, dt.datetime] = field(default_factory=dict)

    def left(self, level: str) -> int:
        """Planned records that neither got through nor failed."""
        return max(self.planned[level] - self.done[level] - self.failed[level], 0)

    @property
    def status(self) -> str:
        """COMPLETED (all), COMPLETED_WITH_ERRORS (some), FAILED (under 80 %), NO_RECORDS."""
        done, total = sum(self.done.values()), sum(self.planned.values())
        total = max(total, done + sum(self.failed.values()))
        if total == 0:
            return "NO_RECORDS"
        if done == total:
            return "COMPLETED"
        return "FAILED" if done / total < FAILED_UNDER else "COMPLETED_WITH_ERRORS"


class Batches:
    """The batches of a run."""

    def __init__(
        self,
        ledger: Ledger,
        selection: Selection,
        *,
        now: Callable[[], dt.datetime],
        started_by: str,
        config: Mapping[str, Any],
        lease: dt.timedelta,
    ) -> None:
        self._ledger, self._selection, self.now = ledger, selection, now
        self._started_by, self._config, self._lease = started_by, config, lease
        self._batches: dict[str, Batch] = {}
        self._marks: dict[str, dt.datetime] = {}
        self._groups = 0
        self._retries = 0
        stamp = now().strftime("%Y%m%dT%H%M%S")
        self.target_id = f"{stamp}-{self.new_id()[:6]}-TARGET" if selection.targeted else None

    @staticmethod
    def new_id() -> str:
        """An id for a request or a run."""
        return str(uuid.uuid4())

    def start(self, counts: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Opens a row for every batch that has work; ``counts`` by level, as ``count_work`` gives them."""
        if self.target_id:
            self._open(self.target_id, self._selection.customer, "TARGETED")
        retries: dict[str, int] = {}
        for level, rows in counts.items():
            for row in rows:
                batch_id = self.target_id or row["BATCH_ID"]
                batch = self._batches.get(batch_id) or self._open(batch_id, row["BATCH_CUSTOMER"], "FULL")
                batch.planned[level] += int(row["ROWS_STAGED"])
                retries[batch_id] = retries.get(batch_id, 0) + int(row["RETRIES"] or 0)
        for batch in self._batches.values():
            if batch.type == "FULL" and 0 < sum(batch.planned.values()) == retries.get(batch.id, 0):
                batch.type = "RETRY"
        self._write(finished=False)

    def _open(self, batch_id: str, customer: str | None, kind: str) -> Batch:
        batch = self._batches[batch_id] = Batch(batch_id, customer, kind)
        return batch

    def of(self, staged: Mapping[str, Any]) -> str:
        """The batch that a staged row counts in."""
        batch_id = self.target_id or str(staged["BATCH_ID"])
        if batch_id not in self._batches:  # staging was rebuilt while the push runs
            self._open(batch_id, staged["BATCH_CUSTOMER"], "FULL")
        return batch_id

    def adopt(self, row: WorkRow) -> None:
        """Opens the batch of a row that a dead run left open, so that its outcome counts there."""
        if row.batch_id not in self._batches:
            self._open(row.batch_id, row.values.get("BATCH_CUSTOMER"), "FULL")

    def settle(self, counts: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Sets what was planned to what came through, failed, or still waits; ``counts`` as read after the run.

        Rows may have come through in a batch of an earlier build, or been taken by another run: only this counts right.
        """
        waiting: dict[tuple[str, str], int] = {}
        for level, rows in counts.items():
            for row in rows:
                place = (self.target_id or str(row["BATCH_ID"]), level)
                waiting[place] = waiting.get(place, 0) + int(row["ROWS_STAGED"])
        for batch in self._batches.values():
            for level in batch.planned:
                left = max(waiting.get((batch.id, level), 0) - batch.coming_back[level], 0)
                batch.planned[level] = batch.done[level] + batch.failed[level] + left

    def mark(self, phase: str) -> None:
        """Notes that a phase of the run is over."""
        self._marks[phase] = self.now()

    def first_sent(self, level: str) -> None:
        """Notes the first request of a level."""
        self._marks.setdefault(f"{level}_STARTED", self.now())

    def requested(self, request: Request, done: Sequence[WorkRow]) -> None:
        """Counts an answered request and the rows that it confirmed."""
        now = self.now()
        rows = max(len(request.rows), 1)
        share: dict[str, int] = {}
        for row in request.rows:
            share[row.batch_id] = share.get(row.batch_id, 0) + 1
        self._retries += max(request.attempts - 1, 0)
        for batch_id, count in share.items():
            batch = self._batches.get(batch_id) or self._open(batch_id, None, "FULL")
            batch.calls += request.attempts
            batch.complexity += request.cost * count / rows
            level = request.rows[0].level
            batch.first.setdefault(level, now)
            batch.last[level] = now
        for row in done:
            self._batches[row.batch_id].done[row.level] += 1

    def failed(self, row: WorkRow, *, retryable: bool) -> None:
        """Counts a failed row; a retryable one comes back by itself."""
        batch = self._batches.get(row.batch_id) or self._open(row.batch_id, row.values.get("BATCH_CUSTOMER"), "FULL")
        batch.failed[row.level] += 1
        batch.coming_back[row.level] += int(retryable)

    def save(self) -> None:
        """Writes the counters while the run goes on."""
        self._write(finished=False)

    def finish(self, *, groups: int, summary: str | None) -> list[Batch]:
        """Ends every batch of the run: a status from the record counts, never one that looks active."""
        self._groups = groups
        self._write(finished=True, summary=summary)
        return list(self._batches.values())

    def _write(self, *, finished: bool, summary: str | None = None) -> None:
        if not self._batches:
            return
        now = self.now()
        for batch in self._batches.values():
            times = [
                self._marks.get("PREFLIGHT"), self._marks.get("GROUPS"), batch.first.get(ITEM), batch.last.get(ITEM),
                batch.first.get("SUBITEM"), batch.last.get("SUBITEM"), now if finished else None,
            ]  # fmt: skip
            items_over = batch.planned["ITEM"] > 0 and batch.left("ITEM") == 0
            running = "ITEMS_CREATED" if items_over and batch.done["ITEM"] else "STARTED"
            left = batch.left("ITEM") + batch.left("SUBITEM")
            failures = sum(batch.failed.values())
            note = summary if finished and (left or failures) else None
            if finished and failures and not note:
                note = f"{failures} records failed; see ERR_MON_CustMasterSchedule and its subitems' table."
            numbers = [
                batch.planned["ITEM"], batch.done["ITEM"], batch.failed["ITEM"], batch.left("ITEM"),
                batch.planned["SUBITEM"], batch.done["SUBITEM"], batch.failed["SUBITEM"], batch.left("SUBITEM"),
                self._groups if finished else 0, int(batch.calls), self._retries, int(batch.complexity),
            ]  # fmt: skip
            self._ledger.save_batch(
                batch.id,
                start=[batch.customer, batch.type, to_json(self._selection.filters) if self.target_id else None,
                       self._marks.get("START", now), self._started_by, to_json(dict(self._config))],
                state=[batch.status if finished else running, self._ledger.run_id, now + self._lease, *numbers, *times,
                       note],
            )  # fmt: skip
