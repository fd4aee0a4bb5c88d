"""``python -m tests.faults [--cases N] [--seed N] [--only NUMBER] [--jobs N] [--json]``: the fault campaign.

Exit code 0: every case ended as promised; 1: at least one did not (each is printed with the command that repeats it);
130: it was interrupted (the figures so far are printed).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests import builds
from tests.faults import report
from tests.faults.campaign import PIECE, campaign
from tests.faults.prepare import STATES, prepare
from tests.faults.run import Outcome, survey
from tests.faults.world import Prepared
from tests.stores import Files, in_folder

_EVERY = 15.0
"""Seconds between two lines about the progress."""


class Progress:
    """Says now and then how far a campaign has come, and when it will be through."""

    def __init__(self, cases: int) -> None:
        self._cases = cases
        self._begun = self._said = time.monotonic()

    def __call__(self, done: int, broken: int) -> None:
        now = time.monotonic()
        if now - self._said < _EVERY and done < self._cases:
            return
        self._said = now
        left = (now - self._begun) * (self._cases - done) / done
        print(f"{done} of {self._cases} cases, {broken} broken, about {left / 60:.0f} minutes left",
              file=sys.stderr, flush=True)  # fmt: skip


def main() -> int:
    """Parses the words, runs the campaign, prints its figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, default=1000, help="how many cases (1000)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (1)")
    parser.add_argument("--only", type=int, nargs="+", metavar="NUMBER", help="only the cases of these numbers")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (one for each core)")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--states", type=Path, help="folder that keeps the prepared states between two runs")
    words = parser.parse_args()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.default_int_handler)
    out = sys.stderr if words.json else sys.stdout
    outcomes: list[Outcome] = []
    interrupted = False
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        builds.share(Path(folder) / "builds")
        try:
            states = _states(words.states or Path(folder), Path(folder) / "target")
            ground = (states, *survey(states))
            numbers = words.only or range(words.cases)
            started = time.perf_counter()
            said = Progress(len(numbers))
            for outcome in campaign(words.seed, numbers, ground, words.jobs if len(numbers) > PIECE else 1):
                outcomes.append(outcome)
                if outcome.findings or words.only:
                    print("\n".join(report.failed(outcome, words.seed)), file=out, flush=True)
                said(len(outcomes), sum(bool(each.findings) for each in outcomes))
        except KeyboardInterrupt:
            interrupted = True
    seconds = time.perf_counter() - started
    table = report.figures(outcomes)
    if words.json:
        print(json.dumps(report.as_dict(table, outcomes, seconds, words.seed)))
    else:
        print("\n".join(report.lines(table)))
        print(f"\n{len(outcomes)} cases of seed {words.seed} in {seconds:.0f} s{' (interrupted)' * interrupted}.")
    broken = sum(bool(outcome.findings) for outcome in outcomes)
    if broken:
        print(f"{broken} of {len(outcomes)} cases broke the promise; each is printed above.", file=sys.stderr)
    return 130 if interrupted else 1 if broken else 0


def _states(folder: Path, target: Path) -> dict[str, Prepared]:
    """The prepared states: made now, or found where an earlier run left them."""
    found = {name: Prepared(name, in_folder(folder / name), folder / name / "board.sqlite") for name in STATES}
    there = all(state.board.exists() for state in found.values())
    return found if there else prepare(Files(target), folder)


if __name__ == "__main__":
    sys.exit(main())
