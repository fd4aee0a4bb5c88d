"""What the parts of a run have in common."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sync.errors import SyncError
from sync.log import of_run
from sync.monday.answers import RawAnswer
from sync.monday.http import MondayClient
from sync.monday.meter import Meter
from sync.monday.reading import Reader
from sync.monday.retry import StoppableClock
from sync.push.batches import Batches
from sync.push.ledger import Ledger
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


@dataclass
class Shared:
    """What the parts of a run have in common."""

    settings: Settings
    runtime: Runtime
    ledger: Ledger
    client: MondayClient
    meter: Meter
    batches: Batches
    reader: Reader
    stop: threading.Event
    totals: Totals


def share(
    session: Session,
    settings: Settings,
    runtime: Runtime,
    stop: threading.Event,
    selection: Selection | None = None,
    config: Mapping[str, Any] = MappingProxyType({}),
) -> Shared:
    """Make what the parts of a run have in common; ``config`` is kept with its batches."""
    clock, totals, meter = runtime.clock, Totals(), Meter(runtime.clock)
    ledger = Ledger(session, settings, runtime, str(uuid.uuid4()))
    of_run(ledger.run_id)
    client = MondayClient(
        settings.api_url, settings.token, settings.api_version, clock=clock, transport=runtime.transport
    )

    def read(body: str) -> RawAnswer:
        totals.api_calls += 1
        return client.send(body, timeout=settings.request_timeout)

    patient = StoppableClock(clock, stop.is_set)
    reader = Reader(read, clock=patient, random=runtime.random, on_answer=meter.observe)
    batches = Batches(ledger, selection or Selection(), config)
    return Shared(settings, runtime, ledger, client, meter, batches, reader, stop, totals)
