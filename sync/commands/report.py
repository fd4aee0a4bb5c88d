"""``report`` writes one batch, or all batches of a run, as a page that needs nothing beside itself.

Text of rows is escaped, made visible where it is a control character, and isolated.
"""

import datetime as dt
import json
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from errno import EINVAL
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sync import __version__
from sync.database import Row
from sync.errors import ConfigurationError, UsageError
from sync.output import Result, counted, either, told
from sync.push.staged import held_changes, held_sentence, scope_sentence
from sync.session import Session, open_copy, utc_now
from sync.settings import MOST_FAILURES, MOST_UNUSUAL, POINTS_A_MINUTE, PROJECT_ROOT

COUNTERS = tuple(
    f"{level}_{name}" for level in ("ITEMS", "SUBITEMS") for name in ("PLANNED", "SUCCEEDED", "FAILED", "LEFT")
)
KINDS = tuple("ITEMS_CREATED ITEMS_UPDATED ITEMS_MOVED ITEMS_ARCHIVED SUBITEMS_CREATED SUBITEMS_UPDATED".split())
"""Kinds of change: columns of ``report/changes``."""
COST = ("API_CALLS", "API_RETRIES", "COMPLEXITY_USED", "ROWS_ADOPTED")


def report(
    env: Mapping[str, str],
    batch: str | None = None,
    output: Path | str | None = None,
    *,
    whole_run: bool = False,
    now: Callable[[], dt.datetime] = utc_now,
) -> Result:
    """Write the page of a batch (None: the last one that ended), or of its run; the result names the file.

    Reads only. ``output``: where to; by default ``reports/<batch id>.html`` in the working directory.
    """
    with open_copy(env) as session:
        session.require(staged=False)
        found, copied = read_report(session, batch, whole_run=whole_run), session.database.copied
    if found is None:
        return Result(
            "report",
            "No batch was pushed yet, so there is nothing to report on; `python -m sync push --batch` comes first.",
            0,
            {"path": None},
        )
    first, total, held = found["batches"][0], found["total"], found["held"]
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", f"run-{first['RUN_ID']}" if whole_run else first["BATCH_ID"]).lstrip(".")
    path = Path(output or f"reports/{name or 'batch'}.html")
    text = render(found, now=now())
    try:  # the file is replaced as a whole: a page that exists is either the old one or the new one
        if path.exists() and not path.is_file():
            raise OSError(EINVAL, "it is no regular file")  # a device or a pipe would be gone
        file = path.resolve()  # where a link leads to, so that it stays one
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".report-", dir=file.parent) as folder:
            page = Path(folder, "page.html")
            page.write_text(text, encoding="utf-8", newline="\n")
            page.replace(file)
    except (OSError, RuntimeError) as error:  # a link that leads to itself is either, by the version of Python
        raise ConfigurationError(
            f"The report can't be written to {path} ({getattr(error, 'strerror', None) or error}); choose a file that"
            " you may write with --output."
        ) from None
    count = counted(len(found["batches"]), "batch", "batches")
    message = (
        f"{path} is written. {f'Run of {count}' if whole_run else first['CUSTOMER_NAME'] or 'Selection'}:"
        f" {total['ITEMS_SUCCEEDED']:,} of {counted(total['ITEMS_PLANNED'], 'order', form=',')} and"
        f" {total['SUBITEMS_SUCCEEDED']:,} of {counted(total['SUBITEMS_PLANNED'], 'size', form=',')} are on the board,"
        f" {total['ITEMS_FAILED'] + total['SUBITEMS_FAILED']:,} failed,"
        f" {total['ITEMS_LEFT'] + total['SUBITEMS_LEFT']:,} left."
    )
    return Result(
        "report",
        " ".join(told((True, message), (held, held_sentence(held)))),
        0,
        {
            "run_id": first["RUN_ID"],
            **(
                {}
                if whole_run
                else {
                    "batch_id": first["BATCH_ID"],
                    "customer": first["CUSTOMER_NAME"],
                    "batch_status": first["STATUS"],
                    "seconds": first["SECONDS"],
                }
            ),
            "batches": len(found["batches"]),
            **{name.lower().removeprefix("rows_"): number for name, number in total.items()},
            "minutes_at_limit": round(total["COMPLEXITY_USED"] / POINTS_A_MINUTE, 3),
            "day_calls": found["day_calls"],
            "held_changes": held_changes(held),
            "path": str(path),
        },
        lines=told((copied, str(copied))),
    )


def read_report(session: Session, batch_id: str | None, *, whole_run: bool = False) -> dict[str, Any] | None:
    """Read the batch of this id (None: the last one that ended), or the whole run that worked on it last.

    None where nothing was ever pushed. Raises UsageError for an unknown batch.
    """
    found = session.query("report/batches", [batch_id] if batch_id else [], by="batch" if batch_id else "last")
    if not found and batch_id:
        raise UsageError(
            "No batch of that id was ever pushed, or it is older than the 90 days that batches are kept;"
            " `python -m sync report` shows the last one."
        )
    if not found:
        return None
    run_id, shown = found[0]["RUN_ID"], found[0]["BATCH_ID"]
    key, by = (run_id, "run") if whole_run else (shown, "batch")
    in_run = session.query("report/batches", [run_id], by="run")
    parts = {
        "requests": [*map(with_fate, session.query("report/requests", [key], by=by, whole=False))],
        "groups": session.query("report/changes", [key], by=by),
        "failures": session.query("report/failures", [key], by=by, reasons=False, most=MOST_FAILURES),
        "reasons": session.query("report/failures", [key], by=by, reasons=True, most=MOST_FAILURES),
    }
    batches = []
    for batch in in_run if whole_run else found:
        own = {name: [row for row in rows if row["BATCH_ID"] == batch["BATCH_ID"]] for name, rows in parts.items()}
        batches.append(
            {
                **batch,
                **own,
                **_summed([batch], COUNTERS),
                **_summed(own["groups"], KINDS),
                **_summed(own["requests"], COST),
                "runs": len({row["RUN_ID"] for row in (*own["requests"], batch)}),
                "timeline": time_line([batch], own["requests"]),
                "config": _pairs(batch["CONFIG_SNAPSHOT"]),
                "filters": _pairs(batch["FILTERS"]),
            }
        )
    of_run = [*map(with_fate, session.query("report/requests", [run_id], by="run", whole=True))]
    run_cost = _summed(of_run, COST[:3])
    day = dt.datetime.combine((found[0]["FINISHED_AT"] or found[0]["STARTED_AT"]).date(), dt.time())
    tables = session.tables()
    return {
        "batches": batches,
        "others": [] if whole_run else [row for row in in_run if row["BATCH_ID"] != shown],
        "whole_run": whole_run,
        "total": _summed(batches, (*COUNTERS, *KINDS, *COST)) | (run_cost if whole_run else {}),
        "run_cost": run_cost,
        "timeline": time_line(in_run, of_run),
        "day": day.date(),
        "day_calls": session.query("report/calls_between", [day, day + dt.timedelta(days=1)])[0]["CALLS"],
        "held": session.query("push/held_changes") if "STG_MON_HELDCHANGES" in tables else [],
        "cells": session.query("report/cells", [key], by=by),
        "scope": " ".join(
            scope_sentence(row)
            for row in (session.query("push/build") if "STG_MON_BUILD" in tables else [])
            if row.get("OUT_OF_SCOPE_ROWS")
        ),
    }


def with_fate(request: Row) -> Row:
    """Return a request with what was unusual about it; nothing where it was answered at once."""
    adopted, released, gone = (int(request[f"ROWS_{name}"] or 0) for name in ("ADOPTED", "RELEASED", "GONE"))
    outcome, asked = request["OUTCOME"], counted(adopted, "row was", "rows were")
    what = told(
        (outcome is None, "its end is not known yet: the next push takes it over"),
        (request["ATTEMPTS"] > 1, f"sent {request['ATTEMPTS']} times"),
        (outcome == "LOOKED_UP" or adopted, f"the answer was lost, the board was asked: {asked} there and adopted"),
        (outcome == "RECOVERED", "left open by a run that ended without a word, closed by a later one"),
        (
            released,
            f"{counted(released, 'row was', 'rows were')} given up and sent again, or"
            f" {either(released, 'waits', 'wait')}",
        ),
        (gone, f"{counted(gone, 'was', 'were')} no longer on the board"),
    )
    return request | {"FATE": "; ".join(what)}


def _summed(rows: Iterable[Row], names: Iterable[str]) -> dict[str, int]:
    return {name: round(sum(row[name] or 0 for row in rows)) for name in names}


def _pairs(text: str | None) -> list[tuple[str, str]]:
    """Return a JSON object of the table as pairs of text, without what is null; anything else as it stands."""
    try:
        found = json.loads(text or "{}")
    except ValueError:  # another system's row
        found = None
    if not isinstance(found, dict):
        return [("", text or "")]
    return [
        (name.replace("_", " "), value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in found.items()
        if value is not None
    ]


# ---------- the time line

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
_MOST_TICKS = 6


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
        return 100.0 * min(max(float((moment - start) / (end - start)), 0.0), 1.0)

    def span(begins: dt.datetime, ends: dt.datetime) -> dict[str, float]:
        return {
            "start": place(begins),
            "width": place(ends) - place(begins),
            "seconds": max((ends - max(begins, start)).total_seconds(), 0.0),
        }

    edges = [(name, css, edge(pick, *begin), edge(max, finish)) for name, css, pick, begin, finish in _PHASES]
    drawn, free = list[Row](), list[dt.datetime]()
    for row in sent if len(sent) <= MOST_DRAWN else ():  # each in the first lane that is free when it is sent
        lane = next((n for n, moment in enumerate(free) if moment <= row["SENT_AT"]), len(free))
        free[lane : lane + 1] = [row["FINISHED_AT"] or end]
        if lane < MOST_LANES:
            drawn.append(row | {"lane": lane} | span(row["SENT_AT"], free[lane]))
    bins = [{"orders": 0, "sizes": 0, "failed": 0} for _ in range(BINS)]
    for row in filter(lambda row: row["FINISHED_AT"], sent):
        column = bins[min(int(place(row["FINISHED_AT"]) * BINS / 100.0), BINS - 1)]
        column["sizes" if row["OPERATION"].endswith("_SUBITEM") else "orders"] += row["ROWS_DONE"] + row["ROWS_ADOPTED"]
        column["failed"] += row["ROWS_FAILED"]
    seconds = (end - start).total_seconds()
    step = next((step for step in _STEPS if seconds / step <= _MOST_TICKS), seconds / _MOST_TICKS)
    return {
        "start": start,
        "seconds": seconds,
        "phases": [
            {"name": name, "css": css} | span(begun, ended)
            for name, css, begun, ended in edges
            if begun and ended and ended >= begun
        ],
        "requests": drawn,
        "lanes": max((row["lane"] + 1 for row in drawn), default=0),
        "requests_total": len(sent),
        "bins": bins,
        "highest": max(sum(column.values()) for column in bins),
        "ticks": [(100.0 * n * step / seconds, n * step) for n in range(int(seconds / step + 1e-9) + 1)],
    }


# ---------- the page

_NO_TEXT = (*range(0x80, 0xA0), *range(0xD800, 0xE000), *range(0xFDD0, 0xFDF0), 0xFFFE, 0xFFFF)
_PICTURES = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421} | dict.fromkeys(_NO_TEXT, 0xFFFD)


def visible(text: str) -> str:
    """Return text for one line: white space is a blank, control characters show as their pictures (␀, ␛ …)."""
    return re.sub(r"[\t\n\r\f\v\x85\u2028\u2029]+", " ", text).translate(_PICTURES)


def percent(value: float) -> str:
    """Return a share in percent; never rounded to 0 or to 100 where it isn't."""
    return f"{min(value, 99.9):.1f} %" if 0 < value < 100 else f"{value:.0f} %"


def duration(seconds: float | None) -> str:
    """Return seconds as people say them."""
    if seconds is None:
        return "not over"
    if seconds < 9.95:
        return f"{seconds * 1000:.0f} ms" if seconds < 0.0995 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    short = f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
    return short if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def minutes_at_limit(points: float) -> str:
    """Return the minutes that Monday's complexity budget needs for points, with as many decimals as say something."""
    value = points / POINTS_A_MINUTE
    return "under 0.01" if 0 < value < 0.01 else f"{value:,.{2 if value < 1 else 1 if value < 100 else 0}f}"


def tick(seconds: float) -> str:
    """Return a label of the time axis."""
    minutes, rest = divmod(int(seconds), 60)
    clock = f"{minutes}:{rest:02d}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02d} h"
    return clock if minutes else f"{seconds:g} s"


FILTERS = {
    "number": lambda value: f"{value:,.0f}",
    "counted": partial(counted, form=","),
    "percent": percent,
    "duration": duration,
    "minutes": minutes_at_limit,
    "moment": lambda value: f"{value:%Y-%m-%d %H:%M:%S} UTC" if value else "–",
    "tick": tick,
    "words": lambda name: (name or "").replace("_", " ").lower(),
}
"""What formats the values of the page: 1,234,567; times to the second, with their zone; completed with errors."""


def render(found: Mapping[str, Any], *, now: dt.datetime) -> str:
    """Return the page as text; ``now`` (UTC) is the time it bears."""
    jinja = Environment(
        loader=FileSystemLoader(PROJECT_ROOT / "sync" / "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value,
    )
    jinja.filters |= FILTERS
    return jinja.get_template("page.html").render(
        report=found,
        now=now,
        version=__version__,
        bins=BINS,
        most_failures=MOST_FAILURES,
        most_drawn=MOST_DRAWN,
        most_unusual=MOST_UNUSUAL,
        # calls a day by Monday's plans (rate-limit page of its documentation)
        quotas=(("Basic and Standard", 1_000), ("Pro", 10_000), ("Enterprise", 25_000)),
    )
