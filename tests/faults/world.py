"""One prepared database, one local Monday, one timeline: where a case takes place."""

from __future__ import annotations

import datetime as dt
import random
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import sync.session
from emulator.config import Config, Limits
from emulator.faults import Fault
from emulator.server import Emulator
from emulator.switches import Switches
from sync.commands.push import push
from sync.database import connect
from sync.errors import SyncError
from sync.monday.board import load_mapping
from sync.monday.http import RequestsTransport
from sync.output import Result
from sync.push.staged import Selection
from sync.push.summary import Options
from sync.session import Runtime, Statements
from tests.faults.line import Line
from tests.faults.points import Instrumented, Killed, Points, Watched
from tests.faults.timeline import MondayClock, PushClock, Timeline
from tests.stores import Kept

ENVIRONMENT = {"MONDAY_API_TOKEN": "demo-token", "DBT_TARGET": "duckdb"}
"""What a store may say otherwise."""
LONGEST_RUN = 2 * 3600.0
"""Seconds of the timeline that one push may take."""
EVERYTHING = Selection(None, None, None, None, None)
cached_mapping = cache(load_mapping)
cached_statements = cache(Statements)
"""The statements of a mapping, rendered once a process: reading them again says nothing about faults."""


@contextmanager
def cached() -> Iterator[None]:
    """Read and render the mapping and the statements once a process."""
    with (
        mock.patch.object(sync.session, "load_mapping", cached_mapping),
        mock.patch.object(sync.session, "Statements", cached_statements),
    ):
        yield


@dataclass(frozen=True)
class Prepared:
    """A state to start from: built tables, and the board that those of them speak of which are confirmed."""

    name: str
    kept: Kept
    board: Path


@dataclass(frozen=True)
class Setting:
    """What a case may choose besides its fault."""

    rows_per_request: int = 8
    workers: int = 2
    search_lag: float = 0.0
    switches: Mapping[str, Any] = field(default_factory=dict)
    timeout: float = 75.0
    latency: float = 0.0
    """Seconds from the push to Monday, and back."""
    limits: Limits = field(default_factory=Limits.none)
    wire: bool = False
    """True: real sockets; False: the emulator is called in this process."""


@dataclass
class Ended:
    """How one run of the command ended."""

    exit_code: int | None
    """None: it was killed."""
    message: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    unexpected: bool = False


class World:
    """A copy of a prepared state in a folder of its own, with everything that a run needs injected."""

    def __init__(
        self, prepared: Prepared, folder: Path, setting: Setting, faults: Sequence[Fault] = (),
        chance: tuple[int, float] | None = None, timeline: Timeline | None = None,
    ) -> None:  # fmt: skip
        self.prepared, self.setting = prepared, setting
        self.timeline = timeline or Timeline(dt.datetime.now(dt.UTC))
        self.store = prepared.kept.copy(folder)
        board = folder / "board.sqlite"
        shutil.copyfile(prepared.board, board)
        config = Config(
            limits=setting.limits, switches=Switches(**setting.switches), with_order_key=True, state_file=board,
            search_lag_seconds=setting.search_lag, faults=faults, random_faults=chance, control=False,
            clock=MondayClock(self.timeline),
        )  # fmt: skip
        self._emulator: Emulator | None = None
        self._line: Line | None = None
        if setting.wire:
            self._emulator = Emulator(config)
            self._emulator.start()
            self.service, self._url = self._emulator.service, self._emulator.url
        else:
            self._line = Line(config, self.timeline, setting.latency)
            self.service, self._url = self._line.service, "http://127.0.0.1:9/v2"
        self._keep_nothing()

    def _keep_nothing(self) -> None:
        """The board was read from its file; writing each change back would only take time."""
        if self.service.file is not None:
            self.service.file.close()
            self.service.file = None

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a run."""
        return ENVIRONMENT | self.store.environment() | {
            "MONDAY_API_URL": self._url,
            "SYNC_ROWS_PER_REQUEST": str(self.setting.rows_per_request),
            "MONDAY_TIMEOUT_SECONDS": str(self.setting.timeout),
        }  # fmt: skip

    def runtime(self, points: Points, seed: int) -> Runtime:
        """Return time, chance, network and database of a run, each step of which is a place."""
        clock = PushClock(self.timeline)
        return Runtime(
            clock, random.Random(seed).random, Watched(self._line or RequestsTransport(clock), points),
            lambda *args, **options: Instrumented(connect(*args, **options), points),
        )  # fmt: skip

    def push(
        self, points: Points, seed: int, stop: threading.Event | None = None, *, limit: int | None = None
    ) -> Ended:
        """One run of ``push --batch``, of ``limit`` orders at most."""
        options = Options(EVERYTHING, limit, workers=self.setting.workers, fail_under=0.0)
        try:
            with self.timeline.within(LONGEST_RUN), cached():
                result: Result = push(
                    self.environment, options, stop=stop or threading.Event(), runtime=self.runtime(points, seed)
                )
        except Killed:
            return Ended(None, "killed")
        except SyncError as error:
            return Ended(error.exit_code, str(error))
        except Exception as error:  # a push must not end so; the case says what it was
            return Ended(1, f"{type(error).__name__}: {error}", unexpected=True)
        return Ended(result.exit_code, result.message, result.data)

    def mend(self) -> None:
        """The faults are over: Monday works, the token is good, a new day begins."""
        with self.service.lock:
            self.service.faults.clear()
            self.service.revoked = False
            self.service.meter.restart_day()
        if self._line is not None:
            self._line.down = False

    def cut_off(self) -> None:
        """Nobody can be reached any more."""
        if self._line is not None:
            self._line.down = True

    @property
    def calls(self) -> int:
        """Requests that reached Monday so far."""
        return self.service.calls

    def rows(self, *statements: str) -> list[list[dict[str, Any]]]:
        """Rows of each of these queries in the case's database."""
        return self.store.rows(statements)

    def close(self) -> None:
        """Stops Monday."""
        if self._emulator is not None:
            self._emulator.stop()
