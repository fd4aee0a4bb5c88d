"""MON_BatchProcessing: one row per batch. Its figures come from ledger, error tables and staging, by one statement."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from sync.database import Row
from sync.ledger import Ledger
from sync.selection import Selection
from sync.work import WorkRow, to_json

ABANDONED = "The run that worked on this batch ended without a word; its rows are taken up again by the next push."
"""What stands in the summary of a dead run's batch."""


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
    ) -> None:
        self._ledger, self._selection, self.now = ledger, selection, now
        self._about = [to_json(selection.filters) if selection.targeted else None, started_by, to_json(dict(config))]
        self._ours: set[str] = set()
        self._unopened: list[dict[str, str | None]] = []
        self._revived: set[str] = set()
        """Batches of dead runs of which this one settles a request."""
        self._marks: dict[str, dt.datetime] = {}
        stamp = now().strftime("%Y%m%dT%H%M%S")
        self.target_id = f"{stamp}-{str(uuid.uuid4())[:6]}-TARGET" if selection.targeted else None

    def start(self, counts: Iterable[Mapping[str, Any]]) -> None:
        """Opens a row for every batch that has work; ``counts`` as ``count_work`` gives them."""
        if self.target_id:
            self._note(self.target_id, self._selection.customer, "TARGETED")
        found: dict[str, tuple[str, int]] = {}
        for row in counts if not self.target_id else ():
            _, fresh = found.get(row["BATCH_ID"], ("", 0))
            rows = int(row["ROWS_STAGED"]) - int(row["RETRIES"] or 0)
            found[row["BATCH_ID"]] = (row["BATCH_CUSTOMER"], fresh + rows)
        for batch_id, (customer, fresh) in found.items():
            self._note(batch_id, customer, "FULL" if fresh else "RETRY")
        self.save()

    def _note(self, batch_id: str, customer: str | None, kind: str) -> None:
        """A batch of this run; its row is opened when the figures are next written."""
        self._ours.add(batch_id)
        self._unopened.append({"BATCH_ID": batch_id, "CUSTOMER_NAME": customer, "BATCH_TYPE": kind})

    def of(self, staged: Mapping[str, Any]) -> str:
        """The batch that a staged row counts in."""
        batch_id = self.target_id or str(staged["BATCH_ID"])
        if batch_id not in self._ours:  # staging was rebuilt while the push runs
            self._note(batch_id, staged["BATCH_CUSTOMER"], "FULL")
        return batch_id

    def revive(self, rows: Iterable[WorkRow]) -> None:
        """Rows of a request that a dead run left open count in the batches of that run."""
        self._revived |= {row.batch_id for row in rows if row.batch_id}

    def mark(self, phase: str) -> None:
        """Notes that a phase of the run is over."""
        self._marks[phase] = self.now()

    @staticmethod
    def _ids(ids: Iterable[str]) -> str:
        return to_json([{"BATCH_ID": id_} for id_ in sorted(ids)])

    @property
    def _staged(self) -> tuple[list[Any], dict[str, Any]]:
        """Parameters and options of what is left in staging."""
        target: list[Any] = [self.target_id] if self.target_id else []
        return [*target, *self._selection.params] * 2, {"selection": self._selection.names, "targeted": bool(target)}

    def _count(self, state: Literal["going", "ended", "stopped"], summary: str | None = None) -> None:
        if not self._ours:
            return
        ids, params, options = self._ids(self._ours), *self._staged
        if self._unopened:
            filters, *who = self._about
            started = self._marks.get("START", self.now())
            self._ledger.execute("batches/open", [filters, started, *who, to_json(self._unopened)])
            self._ledger.begin_batches(ids, started)
            self._unopened = []
        times = [self.now() if state != "going" else None, self._marks.get("PREFLIGHT"), self._marks.get("GROUPS")]
        why = [] if state == "going" else [summary, summary]
        self._ledger.execute("batches/count", [ids, *params, *times, *why], state=state, **options)

    def save(self) -> None:
        """Brings the figures up to date while the run goes on."""
        self._count("going")

    def end_dead(self, batches: Iterable[str] | None = None) -> None:
        """Ends the batches of dead runs (all that have no end yet, where none are named), with what became of them."""
        ids = self._ledger.dead_batches() if batches is None else set(batches)
        if ids:
            self._ledger.execute("batches/count", [self._ids(ids), ABANDONED], state="dead")

    def finish(self, *, summary: str | None, stopped: bool = False) -> list[Row]:
        """Ends every batch of the run with a status from its counts; gives what the run made of each.

        ``stopped``: the run was asked to end, or had to, before it had come to all rows.
        """
        self._count("stopped" if stopped else "ended", summary)
        self.end_dead(self._revived - self._ours)
        params, options = self._staged
        ids = self._ids(self._ours | self._revived)
        return self._ledger.query("batches/of_run", [ids, self._ledger.run_id, *params], **options)
