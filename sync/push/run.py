"""What the parts of a run have in common, and its batches: opened with its work, counted by the database, ended."""

from __future__ import annotations

import datetime as dt
import getpass
import socket
import threading
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from sync.database import Row
from sync.errors import SyncError
from sync.log import of_run
from sync.monday.answers import RawAnswer
from sync.monday.http import MondayClient
from sync.monday.meter import Meter
from sync.monday.reading import Reader
from sync.push.ledger import Ledger
from sync.push.plan import WorkRow, to_json
from sync.push.staged import Selection
from sync.session import Runtime, Session
from sync.settings import Settings


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
    stopped: SyncError | None = None
    """Why the run ended before it had come to all rows; its exit code is the run's."""


ABANDONED = "The run that worked on this batch ended without a word; its rows are taken up again by the next push."
"""What stands in the summary of a dead run's batch."""


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


class Batches:
    """The batches of a run."""

    def __init__(self, ledger: Ledger, selection: Selection, config: Mapping[str, Any]) -> None:
        self._ledger, self._selection, self._now = ledger, selection, ledger.now
        self._config = to_json(dict(config))
        self._ours: set[str] = set()
        self._unopened: list[dict[str, str | None]] = []
        self._revived: set[str] = set()
        """Batches of dead runs of which this one settles a request."""
        self.times: dict[str, dt.datetime] = {}
        """When the phases of the run were over."""
        stamp = self._now().strftime("%Y%m%dT%H%M%S")
        self.target_id = f"{stamp}-{str(uuid.uuid4())[:6]}-TARGET" if selection.targeted else None
        target = [self.target_id] if self.target_id else []
        self._staged = [*target, *selection.params] * 2
        """Parameters of what is left in staging."""
        self._options = {"selection": selection.names, "targeted": bool(target)}

    def start(self, counts: Iterable[Mapping[str, Any]]) -> None:
        """Open a row for every batch that has work; ``counts`` as ``count_work`` gives them."""
        if self.target_id:
            self._note(self.target_id, self._selection.customer, "TARGETED")
        fresh: dict[tuple[str, str], int] = {}
        for row in counts if not self.target_id else ():
            batch = row["BATCH_ID"], row["BATCH_CUSTOMER"]
            fresh[batch] = fresh.get(batch, 0) + int(row["ROWS_STAGED"]) - int(row["RETRIES"] or 0)
        for (batch_id, customer), rows in fresh.items():
            self._note(batch_id, customer, "FULL" if rows else "RETRY")
        self.save()

    def _note(self, batch_id: str, customer: str | None, kind: str) -> None:
        """Note a batch of this run; its row is opened when the figures are next written."""
        self._ours.add(batch_id)
        self._unopened.append({"BATCH_ID": batch_id, "CUSTOMER_NAME": customer, "BATCH_TYPE": kind})

    def of(self, staged: Mapping[str, Any]) -> str:
        """Return the batch that a staged row counts in."""
        batch_id = self.target_id or str(staged["BATCH_ID"])
        if batch_id not in self._ours:  # staging was rebuilt while the push runs
            self._note(batch_id, staged["BATCH_CUSTOMER"], "FULL")
        return batch_id

    def revive(self, rows: Iterable[WorkRow]) -> None:
        """Note that rows of a request that a dead run left open count in the batches of that run."""
        self._revived |= {row.batch_id for row in rows if row.batch_id}

    def _open(self, ids: str) -> None:
        run, started = self._ledger.run_id, self.times.get("START", self._now())
        filters = to_json(self._selection.filters) if self._selection.targeted else None
        who = f"{_user()}@{socket.gethostname()}"
        self._ledger.execute("batches/open", [filters, started, who, self._config, to_json(self._unopened)])
        self._ledger.execute("batches/begin", [run, started, self._ledger.lease(), run, ids])
        self._unopened = []

    def _count(self, state: Literal["going", "ended", "stopped"], *summary: str | None) -> None:
        if not self._ours:
            return
        ids = _ids(self._ours)
        if self._unopened:
            self._open(ids)
        times = [self._now() if state != "going" else None, self.times.get("PREFLIGHT"), self.times.get("GROUPS")]
        params = [ids, *self._staged, *times, *summary, *summary]
        self._ledger.execute("batches/count", params, state=state, **self._options)

    def save(self) -> None:
        """Bring the figures up to date while the run goes on."""
        self._count("going")

    def end_dead(self, batches: Iterable[str] | None = None) -> None:
        """End the batches of dead runs (all that have no end yet, where none are named), with what became of them."""
        ledger, ids = self._ledger, batches
        if ids is None:
            dead = ledger.query("batches/dead", [ledger.run_id, ledger.late])
            ids = [row["BATCH_ID"] for row in dead]
        if found := set(ids):
            ledger.execute("batches/count", [_ids(found), ABANDONED], state="dead")

    def finish(self, *, summary: str | None, stopped: bool = False) -> list[Row]:
        """End every batch of the run with a status from its counts; give what the run made of each.

        ``stopped``: the run was asked to end, or had to, before it had come to all rows.
        """
        self._count("stopped" if stopped else "ended", summary)
        self.end_dead(self._revived - self._ours)
        params = [_ids(self._ours | self._revived), self._ledger.run_id, *self._staged]
        return self._ledger.query("batches/of_run", params, **self._options)


def _ids(ids: Iterable[str]) -> str:
    return to_json([{"BATCH_ID": id_} for id_ in sorted(ids)])


class Run:
    """What the parts of a run have in common; ``config`` is kept with its batches."""

    def __init__(
        self,
        session: Session,
        settings: Settings,
        runtime: Runtime,
        stop: threading.Event,
        selection: Selection | None = None,
        config: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        self.session, self.settings, self.runtime, self.stop = session, settings, runtime, stop
        self.totals, self.meter = Totals(), Meter(runtime.clock)
        self.ledger = Ledger(session, settings, runtime, str(uuid.uuid4()))
        of_run(self.ledger.run_id)
        self.client = MondayClient(
            settings.api_url, settings.token, settings.api_version, clock=runtime.clock, transport=runtime.transport
        )
        self.reader = Reader(self._read, runtime.clock, runtime.random, self.meter.observe, stop.is_set)
        self.batches = Batches(self.ledger, selection or Selection(), config)

    def _read(self, body: str) -> RawAnswer:
        self.totals.api_calls += 1
        return self.client.send(body, timeout=self.settings.request_timeout)
