"""Work out where phases, requests and answered rows lie on the time line of a batch, or of a run. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sync.database import Row

BINS = 60
"""Columns of the chart of rows over time."""
MOST_DRAWN = 600
"""Requests up to which each is drawn; beyond, the columns say it better."""
MOST_LANES = 12
_WORK_ENDS = ("GROUPS_FINISHED_AT", "ITEMS_FINISHED_AT", "SUBITEMS_FINISHED_AT")
_PHASES: tuple[tuple[str, str, Callable[..., Any], tuple[str, ...], str], ...] = (
    ("Preflight", "preflight", min, ("BEGAN_AT",), "PREFLIGHT_FINISHED_AT"),
    ("Groups", "groups", min, ("PREFLIGHT_FINISHED_AT",), "GROUPS_FINISHED_AT"),
    ("Orders", "items", min, ("ITEMS_STARTED_AT",), "ITEMS_FINISHED_AT"),
    ("Sizes", "sizes", min, ("SUBITEMS_STARTED_AT",), "SUBITEMS_FINISHED_AT"),
    ("Rest of the run", "rest", max, _WORK_ENDS, "FINISHED_AT"),
)
"""Name, colour, start (the first or the last of some columns of the batches) and end of each phase."""
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)


def time_line(batches: Sequence[Row], requests: Sequence[Row]) -> dict[str, Any] | None:
    """Return the last run's phases and requests, in percent of its time; None where the ledger holds no span of it.

    ``batches``, ``requests``: rows of ``report/batches`` and ``report/requests``.
    """

    def edge(pick: Callable[..., Any], *names: str) -> Any:
        return pick((batch[name] for name in names for batch in batches if batch[name]), default=None)

    sent = [row for row in requests if row["RUN_ID"] == batches[0]["RUN_ID"] and row["SENT_AT"]]
    ends = [edge(max, "PREFLIGHT_FINISHED_AT", *_WORK_ENDS, "FINISHED_AT"), *(row["FINISHED_AT"] for row in sent)]
    start, end = edge(min, "BEGAN_AT"), max(filter(None, ends), default=None)
    if start is None or end is None or end <= start:
        return None

    def place(moment: dt.datetime) -> float:
        share: float = (moment - start) / (end - start)
        return 100.0 * min(max(share, 0.0), 1.0)

    def span(begins: dt.datetime, ends: dt.datetime) -> dict[str, float]:
        seconds = max((ends - max(begins, start)).total_seconds(), 0.0)
        return {"start": place(begins), "width": place(ends) - place(begins), "seconds": seconds}

    phases = []
    for name, css, pick, begin, finish in _PHASES:
        begins, ended = edge(pick, *begin), edge(max, finish)
        if begins and ended and ended >= begins:
            phases.append({"name": name, "css": css} | span(begins, ended))
    drawn = [
        row | {"lane": lane} | span(row["SENT_AT"], row["FINISHED_AT"] or end)
        for lane, row in _lanes(sent if len(sent) <= MOST_DRAWN else [], end)
        if lane < MOST_LANES
    ]
    bins = [{"orders": 0, "sizes": 0, "failed": 0} for _ in range(BINS)]
    for row in sent:
        if row["FINISHED_AT"]:
            column = bins[min(int(place(row["FINISHED_AT"]) * BINS / 100.0), BINS - 1)]
            column["sizes" if row["OPERATION"].endswith("_SUBITEM") else "orders"] += row["ROWS_DONE"]
            column["sizes" if row["OPERATION"].endswith("_SUBITEM") else "orders"] += row["ROWS_ADOPTED"]
            column["failed"] += row["ROWS_FAILED"]
    seconds = (end - start).total_seconds()
    return {
        "start": start,
        "seconds": seconds,
        "phases": phases,
        "requests": drawn,
        "lanes": max((row["lane"] + 1 for row in drawn), default=0),
        "requests_total": len(sent),
        "bins": bins,
        "highest": max(sum(column.values()) for column in bins),
        "ticks": _ticks(seconds),
    }


def _lanes(requests: Sequence[Row], end: dt.datetime) -> Iterator[tuple[int, Row]]:
    """Give each request the first lane that is free when it is sent."""
    free: list[dt.datetime] = []
    for row in requests:
        lane = next((n for n, moment in enumerate(free) if moment <= row["SENT_AT"]), len(free))
        free[lane : lane + 1] = [row["FINISHED_AT"] or end]
        yield lane, row


def _ticks(seconds: float, most: int = 6) -> list[tuple[float, float]]:
    """Return places in percent, and the seconds since the start."""
    step = next((step for step in _STEPS if seconds / step <= most), seconds / most)
    return [(100.0 * n * step / seconds, n * step) for n in range(int(seconds / step + 1e-9) + 1)]
