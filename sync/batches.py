"""MON_BatchProcessing: one row per batch, with counters and phase times that are filled truthfully."""

from __future__ import annotations

import datetime as dt
import math
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sync.ledger import Ledger
from sync.selection import Selection
from sync.transactions import ABANDONED
from sync.words import counted
from sync.work import ITEM, SUBITEM, Request, WorkRow, to_json

FAILED_UNDER = 0.8
"""Share of the records tried below which a batch counts as failed (RULES.md, Batches and retries)."""


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
    abandoned: bool = False
    """Of a dead run: this one only writes what became of the requests that it left open."""
    stopped: bool = False
    """Whether the run ended before it had come to all rows."""
    before: dict[str, int] = field(default_factory=dict)
    """What earlier runs of the same batch wrote, by column; FAILED counts only rows that don't come back."""
    cells: int = 0
    """Cells that stayed blank in records that got through: they make no failure."""
    titles: set[str] = field(default_factory=set)
    calls: float = 0
    retries: float = 0
    complexity: float = 0
    first: dict[str, dt.datetime] = field(default_factory=dict)
    """By level: when its first request left."""
    last: dict[str, dt.datetime] = field(default_factory=dict)
    """By level: when the last answer was written."""

    def left(self, level: str) -> int:
        """Planned records that neither got through nor failed."""
        return max(self.planned[level] - self.done[level] - self.failed[level], 0)

    @property
    def status(self) -> str:
        """How it ended. FAILED counts the rows tried; those not reached say why: stopped, died, or a limit."""
        before = self.before.get
        done = sum(self.done.values()) + before("ITEMS_SUCCEEDED", 0) + before("SUBITEMS_SUCCEEDED", 0)
        failed = sum(self.failed.values()) + before("ITEMS_FAILED", 0) + before("SUBITEMS_FAILED", 0)
        left = self.left(ITEM) + self.left(SUBITEM)
        if done + failed + left == 0:
            return "NO_RECORDS"
        if failed and done / (done + failed) < FAILED_UNDER:
            return "FAILED"
        if left and (self.abandoned or self.stopped):
            return "ABANDONED" if self.abandoned else "STOPPED"
        if failed:
            return "COMPLETED_WITH_ERRORS"
        return "PARTIAL" if left else "COMPLETED"


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
                if row["GROUP_NAME"]:
                    batch.titles.add(str(row["GROUP_NAME"]))
                retries[batch_id] = retries.get(batch_id, 0) + int(row["RETRIES"] or 0)
        for batch in self._batches.values():
            if batch.type == "FULL" and 0 < sum(batch.planned.values()) == retries.get(batch.id, 0):
                batch.type = "RETRY"
        self._write(finished=False)

    def _open(self, batch_id: str, customer: str | None, kind: str) -> Batch:
        batch = self._batches[batch_id] = Batch(batch_id, customer, kind)
        for row in self._ledger.query("push/earlier_runs", [batch_id, batch_id, batch_id]):
            batch.before = {name: int(value or 0) for name, value in row.items()}
        return batch

    def of(self, staged: Mapping[str, Any]) -> str:
        """The batch that a staged row counts in."""
        batch_id = self.target_id or str(staged["BATCH_ID"])
        if batch_id not in self._batches:  # staging was rebuilt while the push runs
            self._open(batch_id, staged["BATCH_CUSTOMER"], "FULL")
        return batch_id

    def adopt(self, request: Request, sent: dt.datetime) -> None:
        """Opens the batches of a request that a dead run sent and left open, so that its outcome counts there."""
        for row in request.rows:
            if row.batch_id not in self._batches:
                batch = self._open(row.batch_id, row.values.get("BATCH_CUSTOMER"), "FULL")
                batch.abandoned = True
                batch.planned = {ITEM: batch.before.get("ITEMS_LEFT", 0), SUBITEM: batch.before.get("SUBITEMS_LEFT", 0)}
        self.sending(request, sent)

    def settle(self, counts: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Sets what was planned to what came through, failed, or still waits; ``counts`` as read after the run.

        Rows may have come through in a batch of an earlier build, or been taken by another run: only this counts right.
        """
        waiting: dict[tuple[str, str], int] = {}
        for level, rows in counts.items():
            for row in rows:
                place = (self.target_id or str(row["BATCH_ID"]), level)
                waiting[place] = waiting.get(place, 0) + int(row["ROWS_STAGED"])
        for batch in (batch for batch in self._batches.values() if not batch.abandoned):
            for level in batch.planned:
                left = max(waiting.get((batch.id, level), 0) - batch.coming_back[level], 0)
                batch.planned[level] = batch.done[level] + batch.failed[level] + left

    def mark(self, phase: str) -> None:
        """Notes that a phase of the run is over."""
        self._marks[phase] = self.now()

    def sending(self, request: Request, at: dt.datetime | None = None) -> None:
        """Notes that a request leaves (now, if not ``at``): a level of a batch starts with its first one."""
        at = at or self.now()
        for row in request.rows:
            self._batches[row.batch_id].first.setdefault(row.level, at)

    def requested(self, request: Request, done: Sequence[WorkRow]) -> None:
        """Counts an answered request and the rows that it confirmed."""
        now = self.now()
        rows = max(len(request.rows), 1)
        share: dict[str, int] = {}
        for row in request.rows:
            share[row.batch_id] = share.get(row.batch_id, 0) + 1
        for batch_id, count in share.items():
            batch = self._batches.get(batch_id) or self._open(batch_id, None, "FULL")
            batch.calls += request.attempts * count / rows  # a request may carry rows of several batches
            batch.retries += max(request.attempts - 1, 0) * count / rows
            batch.complexity += request.cost * count / rows
            batch.last[request.rows[0].level] = now
        self.done(done)

    def done(self, rows: Sequence[WorkRow]) -> None:
        """Counts rows that got through."""
        for row in rows:
            batch = self._batches[row.batch_id]
            batch.done[row.level] += 1
            batch.cells += len(row.left_out)

    def failed(self, row: WorkRow, *, retryable: bool) -> None:
        """Counts a failed row; a retryable one comes back by itself."""
        batch = self._batches.get(row.batch_id) or self._open(row.batch_id, row.values.get("BATCH_CUSTOMER"), "FULL")
        batch.failed[row.level] += 1
        batch.coming_back[row.level] += int(retryable)

    def save(self) -> None:
        """Writes the counters while the run goes on."""
        self._write(finished=False)

    def finish(self, *, groups: Iterable[str] = (), summary: str | None, stopped: bool = False) -> list[Batch]:
        """Ends every batch of the run: a status from the record counts, never one that looks active.

        ``stopped``: the run was asked to end, or had to, before it had come to all rows.
        ``groups``: titles of the groups that the run made; each counts for one batch that wanted it.
        """
        left = set(groups)
        made = {}
        for batch in self._batches.values():
            made[batch.id] = len(left & batch.titles)
            left -= batch.titles
            batch.stopped = stopped
        self._write(finished=True, summary=summary, groups=made)
        return list(self._batches.values())

    def _write(self, *, finished: bool, summary: str | None = None, groups: Mapping[str, int] | None = None) -> None:
        now = self.now()
        for batch in self._batches.values():
            if batch.abandoned and not finished:
                continue
            times = [
                self._marks.get("PREFLIGHT"), self._marks.get("GROUPS"), batch.first.get(ITEM), batch.last.get(ITEM),
                batch.first.get(SUBITEM), batch.last.get(SUBITEM), now if finished else None,
            ]  # fmt: skip
            failures = sum(batch.failed.values())
            note = summary if finished and (batch.left(ITEM) + batch.left(SUBITEM) or failures) else None
            if batch.abandoned and batch.left(ITEM) + batch.left(SUBITEM):
                note = ABANDONED
            if finished and failures and not note:
                note = f"{counted(failures, 'record')} failed; see ERR_MON_CustMasterSchedule and its subitems' table."
            numbers = _numbers(batch, (groups or {}).get(batch.id, 0))
            self._ledger.save_batch(
                batch.id,
                start=[batch.customer, batch.type, to_json(self._selection.filters) if self.target_id else None,
                       self._marks.get("START", now), self._started_by, to_json(dict(self._config))],
                state=[batch.status if finished else _phase(batch), *numbers, note],
                run=None if batch.abandoned else [self._ledger.run_id, self._marks.get("START", now),
                                                  self._ledger.run_id, now + self._lease, *times],
            )  # fmt: skip


def _phase(batch: Batch) -> str:
    """Status of a batch that runs."""
    if batch.left(ITEM) or not batch.done[ITEM]:
        return "STARTED"
    return "ITEMS_CREATED" if batch.left(SUBITEM) or not batch.done[SUBITEM] else "SUBITEMS_CREATED"


def _numbers(batch: Batch, groups: int) -> list[int]:
    """Counters in the order of ``update_batch``: this run's and those of earlier runs of the same batch."""
    numbers: list[int] = []
    for level, name in ((ITEM, "ITEMS"), (SUBITEM, "SUBITEMS")):
        done = batch.done[level] + batch.before.get(f"{name}_SUCCEEDED", 0)
        failed = batch.failed[level] + batch.before.get(f"{name}_FAILED", 0)
        numbers += [done + failed + batch.left(level), done, failed, batch.left(level)]
    # A request that several batches share counts for each of them: no batch got through without a call.
    now = {"GROUPS_CREATED": groups, "CELLS_LEFT_OUT": batch.cells, "API_CALLS": math.ceil(batch.calls - 1e-9),
           "API_RETRIES": round(batch.retries), "COMPLEXITY_USED": round(batch.complexity)}  # fmt: skip
    return numbers + [count + batch.before.get(name, 0) for name, count in now.items()]
