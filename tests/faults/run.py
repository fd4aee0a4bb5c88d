"""Carries out one case: the fault, then pushes until done, then the comparison."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sync.commands.status import retry
from tests.faults.boards import look
from tests.faults.cases import SLOW, Case, Terrain
from tests.faults.check import Finding, Reference, Tables, complete, truthful
from tests.faults.points import Killed, Point, Points, ignore
from tests.faults.process import kill_a_process
from tests.faults.world import Ended, Prepared, Setting, World

MAX_RUNS = 10
MAX_TOLD = 3
LEASE = 120.0
"""Seconds of the timeline after which a dead run's rows are free, where a lease is what holds them."""
_QUICK = Path("/dev/shm")


@dataclass
class Outcome:
    """What became of a case."""

    case: Case
    findings: list[Finding] = field(default_factory=list)
    struck: bool = False
    """False: the run ended before it came to the place."""
    runs: list[str] = field(default_factory=list)
    calls: int = 0
    """Requests beyond those of an undisturbed push and of the question that each further run begins with."""
    lookups: int = 0
    seconds: float = 0.0


def workshop() -> tempfile.TemporaryDirectory[str]:
    """A folder for databases, in memory where the machine has such a thing."""
    return tempfile.TemporaryDirectory(prefix="faults-", dir=_QUICK if _QUICK.is_dir() else None)


def survey(states: Mapping[str, Prepared]) -> tuple[dict[str, Reference], dict[str, Terrain]]:
    """What an undisturbed push makes of each state, and the places that it passes. It must be right itself."""
    references, terrains = {}, {}
    for name, state in states.items():
        with workshop() as folder:
            world = World(state, Path(folder), Setting(rows_per_request=5, workers=1), [], None)
            points = Points()
            ended = world.push(points, 1)
            reference = references[name] = Reference.of(look(world.service))
            reference.calls = world.calls
            tables, seen = Tables.of(world), look(world.service)
            wrong = [*truthful(tables, seen, reference), *complete(tables, seen, reference)]
            if ended.exit_code != 0 or wrong:
                raise AssertionError(f"An undisturbed push of {name!r} ends so: {ended.message} {wrong}")
            terrains[name] = Terrain.of(points.passed)
    return references, terrains


class Strike:
    """Does at its point what a case says."""

    def __init__(self, case: Case, world: World, stop: threading.Event) -> None:
        self._case, self._world, self._stop = case, world, stop
        self._left = case.times
        self.struck = False

    def __call__(self, point: Point) -> None:
        """At every point of the run in which the case strikes."""
        case, wanted = self._case, self._case.point
        if wanted is None or (point.what, point.where) != (wanted.what, wanted.where) or point.nth < wanted.nth:
            return
        if case.family == "unreachable":
            self.struck = True
            self._world.cut_off()
        elif case.family == "stop":
            self.struck = True
            self._stop.set()
        elif self._left > 0:
            self._left -= 1
            self.struck = True
            if case.error is None:
                raise Killed
            raise self._world.store.failure(case.error)


def carry_out(case: Case, states: Mapping[str, Prepared], references: Mapping[str, Reference]) -> Outcome:
    """One case from its state to its findings (none: all is as promised)."""
    started = time.perf_counter()
    reference, outcome = references[case.state], Outcome(case)
    with workshop() as folder:
        if case.family == "process":
            world = kill_a_process(case, states[case.state], Path(folder))
            outcome.struck = True
        else:
            world = World(states[case.state], Path(folder), case.setting, list(case.faults), case.chance)
        try:
            _until_done(case, world, reference, outcome)
        finally:
            world.close()
    outcome.seconds = time.perf_counter() - started
    return outcome


def _until_done(case: Case, world: World, reference: Reference, outcome: Outcome) -> None:
    tables = Tables.of(world)
    told = 0
    for number in range(1, MAX_RUNS + 1):
        stop = threading.Event()
        strike = Strike(case, world, stop)
        before = tables.confirmed
        ended = world.push(Points(strike if number == case.hit_run else ignore), case.seed + number, stop)
        tables = Tables.of(world)
        outcome.struck = outcome.struck or strike.struck or bool(world.service.faults.struck)
        outcome.runs.append(f"{ended.exit_code}: {ended.message}")
        outcome.lookups += int(ended.data.get("lookups", 0))
        outcome.findings += truthful(tables, look(world.service), reference)
        outcome.findings += _claims(ended, tables.confirmed - before)
        held = ended.exit_code == 0 and not world.store.sole_writer and (_left(ended) or any(tables.open.values()))
        world.timeline.sleep(max(case.pause, LEASE) if held else case.pause)
        if number < case.hit_run:
            continue
        if number >= 2 or case.chance is None:
            world.mend()
        if tables.errors and ended.exit_code == 0 and told < MAX_TOLD:
            # A refusal is told once and not tried again, until somebody says so; sizes wait for their order.
            retry(world.environment, None, None)
            told += 1
        elif ended.exit_code == 0 and not _left(ended) and not held:
            break
    outcome.calls = max(0, world.calls - reference.calls - 2 * (len(outcome.runs) - 1))
    world.timeline.sleep(2 * SLOW)  # what a server finishes late, it has finished now
    tables, seen = Tables.of(world), look(world.service)
    outcome.findings += [*complete(tables, seen, reference), *truthful(tables, seen, reference)]


def _left(ended: Ended) -> int:
    return int(ended.data.get("items_left", 1)) + int(ended.data.get("subitems_left", 1))


def _claims(ended: Ended, confirmed: int) -> Iterator[Finding]:
    """What a run said of itself, against the rows that it confirmed."""
    if ended.unexpected:
        yield Finding("crashed", ended.message)
    said = int(ended.data.get("succeeded", 0))
    if said > confirmed:
        yield Finding("falsely done", f"the run says {said} rows, the tables confirm {confirmed}")
