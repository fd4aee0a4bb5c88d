"""Read a batch, or the batches of a run, from the tables of the sync, and work out what the page shows."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sync.database import Row
from sync.errors import UsageError
from sync.push.plan import ITEM, SUBITEM
from sync.push.staged import out_of_scope
from sync.session import BUILD_TABLE, Session
from sync.settings import MOST_FAILURES, MOST_UNUSUAL, POINTS_A_MINUTE
from sync.words import counted, either

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


@dataclass(frozen=True)
class BatchReport:
    """One batch, with everything the page shows of it."""

    row: Row
    items: Level
    sizes: Level
    groups: list[Group]
    changes: dict[str, int]
    reasons: list[Row]
    failures: list[Row]
    cost: Cost
    unusual: list[tuple[Row, str]]
    unusual_total: int
    adopted: int
    timeline: TimeLine | None
    runs: int
    """Runs whose requests carried its rows."""
    config: list[tuple[str, str]]
    filters: list[tuple[str, str]]

    @property
    def failed(self) -> int:
        """Count the orders and sizes that failed."""
        return self.items.failed + self.sizes.failed

    @property
    def planned(self) -> int:
        """Count the orders and sizes that were to be done."""
        return self.items.planned + self.sizes.planned

    @property
    def seconds(self) -> float | None:
        """Return how long it took: of several runs, the last; None while it isn't over."""
        if self.runs > 1 and self.timeline:
            return self.timeline.seconds
        if self.row["FINISHED_AT"] is None or self.row["STARTED_AT"] is None:
            return None
        return float((self.row["FINISHED_AT"] - (self.row["RUN_STARTED_AT"] or self.row["STARTED_AT"])).total_seconds())


@dataclass(frozen=True)
class Report:
    """One batch or a run: what the page is filled with."""

    batches: list[BatchReport]
    others: list[Row]
    """The run's batches that aren't shown."""
    whole_run: bool
    run_cost: Cost
    timeline: TimeLine | None
    """Of the run, where all of it is shown."""
    day: dt.date
    day_calls: int
    """Requests that the day of the batch saw, whoever sent them."""
    held: list[Row]
    """What the guards of the last build hold back."""
    cells: list[Row]
    """Cells that were left blank, by batch and column."""
    scope: str = ""
    """What the last build left out of scope, in words; nothing where all orders belong to the board."""

    @property
    def first(self) -> BatchReport:
        """Return the batch, or the run's first one."""
        return self.batches[0]

    @property
    def items(self) -> Level:
        """Sum the orders of all batches shown."""
        return sum((batch.items for batch in self.batches), Level(0, 0, 0, 0))

    @property
    def sizes(self) -> Level:
        """Sum the sizes of all batches shown."""
        return sum((batch.sizes for batch in self.batches), Level(0, 0, 0, 0))

    @property
    def changes(self) -> dict[str, int]:
        """Count what reached the board, by kind of change."""
        return {kind: sum(batch.changes[kind] for batch in self.batches) for kind in self.first.changes}

    @property
    def adopted(self) -> int:
        """Count the rows that were found on the board after their answer was lost."""
        return sum(batch.adopted for batch in self.batches)


def read_report(session: Session, batch_id: str | None, *, whole_run: bool) -> Report | None:
    """Read the batch of this id (None: the last one that ended), or the whole run that worked on it last.

    None where nothing was ever pushed. Raises UsageError for an unknown batch.
    """
    found = session.query("report/batches", [batch_id] if batch_id else [], by="batch" if batch_id else "last")
    if not found:
        if batch_id:
            raise UsageError(
                "No batch of that id was ever pushed, or it is older than the 90 days that batches are kept;"
                " `python -m sync report` shows the last one."
            )
        return None
    run_id = found[0]["RUN_ID"]
    in_run = session.query("report/batches", [run_id], by="run")
    shown = in_run if whole_run else found
    key, by = (run_id, "run") if whole_run else (found[0]["BATCH_ID"], "batch")
    requests = session.query("report/requests", [key], by=by)
    changes = session.query("report/changes", [key], by=by)
    failures = session.query("report/failures", [key, key], by=by, reasons=False, most=MOST_FAILURES)
    reasons = session.query("report/failures", [key, key], by=by, reasons=True, most=MOST_FAILURES)
    of_run = requests if whole_run else session.query("report/requests", [run_id], by="run")
    moment = found[0]["FINISHED_AT"] or found[0]["STARTED_AT"]
    midnight = dt.datetime.combine(moment.date(), dt.time())
    calls = session.query("report/calls_between", [midnight, midnight + dt.timedelta(days=1)])
    build = session.query("push/build") if BUILD_TABLE.upper() in session.tables() else []
    return Report(
        batches=[_batch(row, requests, changes, reasons, failures) for row in shown],
        others=[] if whole_run else [row for row in in_run if row["BATCH_ID"] != found[0]["BATCH_ID"]],
        whole_run=whole_run,
        run_cost=cost(of_run, whole=True),
        timeline=_of_run(in_run, requests) if whole_run else None,
        day=moment.date(),
        day_calls=int(calls[0]["CALLS"]),
        held=session.query("push/held_changes") if "STG_MON_HELDCHANGES" in session.tables() else [],
        cells=session.query("report/cells", [key, key], by=by),
        scope=" ".join(out_of_scope(row).sentences[0] for row in build if row.get("OUT_OF_SCOPE_ROWS")),
    )


def _of(batch_id: str, rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["BATCH_ID"] == batch_id]


def _batch(
    row: Row, requests: Sequence[Row], changes: Sequence[Row], reasons: Sequence[Row], failures: Sequence[Row]
) -> BatchReport:
    batch_id = row["BATCH_ID"]
    mine = _of(batch_id, requests)
    by_group = groups(_of(batch_id, changes))
    unusual = [(request, words) for request in mine if (words := fate(request)) is not None]
    runs = len({request["RUN_ID"] for request in mine} | {row["RUN_ID"]})
    return BatchReport(
        row=row,
        items=level(row, "ITEMS"),
        sizes=level(row, "SUBITEMS"),
        groups=by_group,
        changes=totals(by_group),
        reasons=_of(batch_id, reasons),
        failures=_of(batch_id, failures),
        cost=cost(mine),
        unusual=unusual[:MOST_UNUSUAL],
        unusual_total=len(unusual),
        adopted=sum(int(request["ROWS_ADOPTED"]) for request in mine),
        timeline=time_line(row, mine, again=runs > 1),
        runs=runs,
        config=_pairs(row["CONFIG_SNAPSHOT"]),
        filters=_pairs(row["FILTERS"]),
    )


def _of_run(batches: Sequence[Row], requests: Sequence[Row]) -> TimeLine | None:
    """Return the time line of all batches of a run taken together."""
    whole: dict[str, Any] = dict(batches[0])
    firsts = ("STARTED_AT", "PREFLIGHT_FINISHED_AT", "GROUPS_FINISHED_AT", "ITEMS_STARTED_AT", "SUBITEMS_STARTED_AT")
    for name in (*firsts, "ITEMS_FINISHED_AT", "SUBITEMS_FINISHED_AT", "FINISHED_AT"):
        known = [row[name] for row in batches if row[name] is not None]
        whole[name] = (min if name in firsts else max)(known, default=None)
    # a batch that an earlier run began has that run's start
    again = len({row["STARTED_AT"] for row in batches}) > 1
    return time_line(whole, _merged(requests), again=again)


def _merged(requests: Sequence[Row]) -> list[Row]:
    """Return each request once, with the rows of all its batches."""
    found: dict[str, Row] = {}
    for row in requests:
        if row["REQUEST_ID"] in found:
            for name in ("CARRIED", "DONE", "ADOPTED", "GONE", "RELEASED", "FAILED"):
                found[row["REQUEST_ID"]][f"ROWS_{name}"] += row[f"ROWS_{name}"]
        else:
            found[row["REQUEST_ID"]] = dict(row)
    return list(found.values())


def _pairs(text: str | None) -> list[tuple[str, str]]:
    """Return a JSON object of the table as pairs of text, without what is null; anything else as it stands."""
    if not text:
        return []
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return [("", text)]
    return [
        (str(name).replace("_", " "), value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in found.items()
        if value is not None
    ]
