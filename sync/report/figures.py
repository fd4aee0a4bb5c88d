"""Work out what the page shows from rows of the ledger. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sync.settings import POINTS_A_MINUTE
from sync.words import counted, either
from sync.work import ITEM, SUBITEM

Row = Mapping[str, Any]

DAILY_QUOTAS = (("Basic and Standard", 1_000), ("Pro", 10_000), ("Enterprise", 25_000))
"""Calls a day by Monday's plans (rate-limit page of its documentation)."""
BINS = 60
"""Columns of the chart of rows over time."""
MOST_DRAWN = 600
"""Requests up to which each is drawn; beyond, the columns say it better."""
MOST_LANES = 12
KINDS = ("created", "updated", "moved", "archived", "sizes created", "sizes updated")
_KINDS_OF = {
    (ITEM, "CREATE"): ("created",),
    (ITEM, "UPDATE"): ("updated",),
    (ITEM, "MOVE"): ("moved",),
    (ITEM, "UPDATE_AND_MOVE"): ("updated", "moved"),
    (ITEM, "ARCHIVE"): ("archived",),
    (SUBITEM, "CREATE"): ("sizes created",),
    (SUBITEM, "UPDATE"): ("sizes updated",),
}


@dataclass(frozen=True)
class Level:
    """Counters of the orders, or of the sizes, of a batch."""

    planned: int
    succeeded: int
    failed: int
    left: int

    def __add__(self, other: Level) -> Level:
        return Level(
            self.planned + other.planned,
            self.succeeded + other.succeeded,
            self.failed + other.failed,
            self.left + other.left,
        )

    def percent(self, count: int) -> float:
        """Return the share of a part in all that was planned or tried, 0 to 100."""
        whole = max(self.planned, self.succeeded + self.failed + self.left)
        return 100.0 * count / whole if whole else 0.0


def level(batch: Row, prefix: str) -> Level:
    """Return the counters of a row of ``MON_BatchProcessing``; ``prefix`` is ITEMS or SUBITEMS."""
    return Level(*(int(batch[f"{prefix}_{name}"] or 0) for name in ("PLANNED", "SUCCEEDED", "FAILED", "LEFT")))


@dataclass
class Group:
    """What changed in one group of the board."""

    title: str | None
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    rows: int = 0
    """Rows carried; one that was updated and moved counts once."""


def groups(changes: Iterable[Row]) -> list[Group]:
    """Count by group, the fullest first."""
    found: dict[str | None, Group] = {}
    for row in changes:
        group = found.setdefault(row["GROUP_NAME"], Group(row["GROUP_NAME"]))
        group.rows += int(row["ROWS_DONE"])
        for kind in _KINDS_OF.get((row["LEVEL"], row["KIND"]), ()):
            group.counts[kind] += int(row["ROWS_DONE"])
    return sorted(found.values(), key=lambda group: (-group.rows, group.title or ""))


def totals(found: Sequence[Group]) -> dict[str, int]:
    """Sum all groups by kind of change."""
    return {kind: sum(group.counts[kind] for group in found) for kind in KINDS}


@dataclass(frozen=True)
class Cost:
    """What requests cost. A request that carried rows of several batches counts for each as a call, and by its rows
    in points."""

    calls: int
    retries: int
    points: int

    @property
    def minutes(self) -> float:
        """Return the minutes that Monday's complexity budget needs for these points."""
        return self.points / POINTS_A_MINUTE


def cost(requests: Iterable[Row], *, whole: bool = False) -> Cost:
    """Return the cost of a batch's requests; ``whole``: of the requests themselves, each once."""
    calls = retries = 0
    points = 0.0
    seen: set[str] = set()
    for row in requests:
        if row["REQUEST_ID"] in seen:
            continue
        seen.add(row["REQUEST_ID"])
        calls += int(row["ATTEMPTS"])
        retries += max(int(row["ATTEMPTS"]) - 1, 0)
        share = 1.0 if whole else int(row["ROWS_CARRIED"]) / max(int(row["ROW_COUNT"]), 1)
        points += int(row["COMPLEXITY_COST"] or 0) * share
    return Cost(calls, retries, round(points))


@dataclass(frozen=True)
class Span:
    """A bar on the time line, in percent of its width."""

    name: str
    start: float
    width: float
    seconds: float
    css: str = ""
    note: str = ""
    lane: int = 0


@dataclass(frozen=True)
class Bin:
    """One column of the chart: rows that were answered in its share of the time."""

    items: int
    sizes: int
    failed: int

    @property
    def rows(self) -> int:
        """Return the height of the column."""
        return self.items + self.sizes + self.failed


@dataclass(frozen=True)
class TimeLine:
    """Phases and requests between two moments."""

    start: dt.datetime
    end: dt.datetime
    phases: tuple[Span, ...]
    requests: tuple[Span, ...]
    lanes: int
    bins: tuple[Bin, ...]
    ticks: tuple[tuple[float, float], ...]
    """Place in percent, and seconds since the start."""
    requests_total: int

    @property
    def seconds(self) -> float:
        """Return its length."""
        return float((self.end - self.start).total_seconds())

    @property
    def highest(self) -> int:
        """Return the rows in the highest column."""
        return max((each.rows for each in self.bins), default=0)

    @property
    def bin_seconds(self) -> float:
        """Return the width of a column."""
        return self.seconds / max(len(self.bins), 1)


_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)


def _ticks(seconds: float, most: int = 6) -> tuple[tuple[float, float], ...]:
    step = next((step for step in _STEPS if seconds / step <= most), seconds / most)
    count = int(seconds / step + 1e-9)
    return tuple((100.0 * n * step / seconds, n * step) for n in range(count + 1))


def time_line(batch: Row, requests: Sequence[Row], *, again: bool) -> TimeLine | None:
    """Return the phases of a batch's last run, and its requests; None where the ledger holds no span of time.

    ``again``: an earlier run worked on the batch, too, so that STARTED_AT is that one's.
    """
    mine = [row for row in requests if row["RUN_ID"] == batch["RUN_ID"] and row["SENT_AT"] is not None]
    first = batch["PREFLIGHT_FINISHED_AT"] if again else batch["STARTED_AT"]
    known = [
        batch[name]
        for name in (
            "PREFLIGHT_FINISHED_AT",
            "GROUPS_FINISHED_AT",
            "ITEMS_FINISHED_AT",
            "SUBITEMS_FINISHED_AT",
            "FINISHED_AT",
        )
        if batch[name] is not None
    ]
    known += [row["FINISHED_AT"] for row in mine if row["FINISHED_AT"] is not None]
    start = first or min((row["SENT_AT"] for row in mine), default=None)
    if start is None or not known or max(known) <= start:
        return None
    end = max(known)
    whole = (end - start).total_seconds()

    def place(moment: dt.datetime) -> float:
        return float(100.0 * min(max((moment - start).total_seconds() / whole, 0.0), 1.0))

    phases = []
    for name, css, begins, ends in _phases(batch, mine, start):
        if begins is not None and ends is not None and ends >= begins:
            seconds = (ends - max(begins, start)).total_seconds()
            phases.append(Span(name, place(begins), place(ends) - place(begins), max(seconds, 0.0), css))
    drawn, lanes = _drawn(mine, place, end) if len(mine) <= MOST_DRAWN else ((), 0)
    return TimeLine(
        start, end, tuple(phases), drawn, lanes, _bins(mine, place), _ticks(whole), len({r["REQUEST_ID"] for r in mine})
    )


def _phases(
    batch: Row, requests: Sequence[Row], start: dt.datetime
) -> list[tuple[str, str, dt.datetime | None, dt.datetime | None]]:
    def begun(column: str, word: str) -> dt.datetime | None:
        sent = [row["SENT_AT"] for row in requests if row["OPERATION"].endswith(f"_{word}")]
        return min([*sent, *([batch[column]] if batch[column] else [])], default=None)

    last = [batch[name] for name in ("ITEMS_FINISHED_AT", "SUBITEMS_FINISHED_AT", "GROUPS_FINISHED_AT") if batch[name]]
    return [
        ("Preflight", "preflight", start, batch["PREFLIGHT_FINISHED_AT"]),
        ("Groups", "groups", batch["PREFLIGHT_FINISHED_AT"], batch["GROUPS_FINISHED_AT"]),
        ("Orders", "items", begun("ITEMS_STARTED_AT", ITEM), batch["ITEMS_FINISHED_AT"]),
        ("Sizes", "sizes", begun("SUBITEMS_STARTED_AT", SUBITEM), batch["SUBITEMS_FINISHED_AT"]),
        ("Rest of the run", "rest", max(last, default=None), batch["FINISHED_AT"]),
    ]


def _drawn(
    requests: Sequence[Row], place: Callable[[dt.datetime], float], end: dt.datetime
) -> tuple[tuple[Span, ...], int]:
    """Draw each request as a bar, in the first lane that is free when it is sent."""
    free: list[dt.datetime] = []
    spans = []
    seen: set[str] = set()
    for row in sorted(requests, key=lambda row: (row["SENT_AT"], row["REQUEST_ID"])):
        if row["REQUEST_ID"] in seen:
            continue
        seen.add(row["REQUEST_ID"])
        until = row["FINISHED_AT"] or end
        lane = next((n for n, moment in enumerate(free) if moment <= row["SENT_AT"]), len(free))
        free[lane : lane + 1] = [until]
        if lane >= MOST_LANES:
            continue
        seconds = (until - row["SENT_AT"]).total_seconds()
        note = f"{row['ROW_COUNT']} {'row' if row['ROW_COUNT'] == 1 else 'rows'}, " + (fate(row) or "answered at once")
        left = place(row["SENT_AT"])
        spans.append(Span(str(row["OPERATION"]), left, max(place(until) - left, 0.15), seconds, _css(row), note, lane))
    return tuple(spans), min(len(free), MOST_LANES)


def _css(row: Row) -> str:
    if row["OUTCOME"] is None or row["OUTCOME"] == "LOOKED_UP" or int(row["ROWS_ADOPTED"]):
        return "parked"
    operation = str(row["OPERATION"])
    return "groups" if operation.endswith("_GROUP") else "sizes" if operation.endswith("_SUBITEM") else "items"


def _bins(requests: Sequence[Row], place: Callable[[dt.datetime], float]) -> tuple[Bin, ...]:
    counts = [[0, 0, 0] for _ in range(BINS)]
    for row in requests:
        if row["FINISHED_AT"] is None:
            continue
        column = counts[min(int(place(row["FINISHED_AT"]) * BINS / 100.0), BINS - 1)]
        done = int(row["ROWS_DONE"]) + int(row["ROWS_ADOPTED"])
        column[1 if str(row["OPERATION"]).endswith("_SUBITEM") else 0] += done
        column[2] += int(row["ROWS_FAILED"])
    return tuple(Bin(*column) for column in counts)


def fate(row: Row) -> str | None:
    """Say what was unusual about a request; None: it was answered at once."""
    attempts, adopted = int(row["ATTEMPTS"]), int(row["ROWS_ADOPTED"])
    words = []
    if row["OUTCOME"] is None:
        words.append("its end is not known yet: the next push takes it over")
    if attempts > 1:
        words.append(f"sent {attempts} times")
    if row["OUTCOME"] == "LOOKED_UP" or adopted:
        there = f"{counted(adopted, 'row')} {either(adopted, 'was', 'were')}"
        words.append(f"the answer was lost, the board was asked: {there} there and adopted")
    if row["OUTCOME"] == "RECOVERED":
        words.append("left open by a run that ended without a word, closed by a later one")
    if int(row["ROWS_RELEASED"]):
        given_up = int(row["ROWS_RELEASED"])
        words.append(
            f"{counted(given_up, 'row')} {either(given_up, 'was', 'were')} given up and sent again, or"
            f" {either(given_up, 'waits', 'wait')}"
        )
    if int(row["ROWS_GONE"]):
        words.append(f"{row['ROWS_GONE']} {either(int(row['ROWS_GONE']), 'was', 'were')} no longer on the board")
    return "; ".join(words) or None
