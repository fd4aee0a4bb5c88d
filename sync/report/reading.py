"""Read a batch, or the batches of a run, from the tables of the sync."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sync.database import Row
from sync.errors import UsageError
from sync.report.figures import (
    Cost,
    Group,
    Level,
    TimeLine,
    cost,
    fate,
    groups,
    level,
    time_line,
    totals,
)
from sync.session import Session
from sync.settings import MOST_FAILURES, MOST_UNUSUAL


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
