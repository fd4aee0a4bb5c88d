"""``report`` writes one batch, or all batches of a run, as a page to look at."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from sync.database import Row
from sync.errors import ConfigurationError, UsageError
from sync.output import Result, counted
from sync.push.staged import held_changes, held_sentence, out_of_scope
from sync.report.page import render
from sync.report.timeline import time_line
from sync.session import BUILD_TABLE, Session, open_session, utc_now
from sync.settings import MOST_FAILURES, POINTS_A_MINUTE

COUNTERS = tuple(
    f"{level}_{name}" for level in ("ITEMS", "SUBITEMS") for name in ("PLANNED", "SUCCEEDED", "FAILED", "LEFT")
)
KINDS = (
    "ITEMS_CREATED", "ITEMS_UPDATED", "ITEMS_MOVED", "ITEMS_ARCHIVED", "SUBITEMS_CREATED", "SUBITEMS_UPDATED",
)  # fmt: skip
"""Kinds of change: columns of ``report/changes``."""
COST = ("API_CALLS", "API_RETRIES", "COMPLEXITY_USED")
NO_BATCH = "No batch was pushed yet, so there is nothing to report on; `python -m sync push --batch` comes first."


def report(
    env: Mapping[str, str],
    batch: str | None = None,
    output: Path | None = None,
    *,
    whole_run: bool = False,
    now: Callable[[], dt.datetime] = utc_now,
) -> Result:
    """Write the page of a batch (None: the last one that ended), or of its run; the result names the file.

    Reads only. ``output``: where to; by default ``reports/<batch id>.html`` in the working directory.
    """
    with open_session(env, read_only=True) as session:
        session.require(staged=False)
        found = read_report(session, batch, whole_run=whole_run)
    if found is None:
        return Result("report", NO_BATCH, 0, {"path": None})
    first, total = found["batches"][0], found["total"]
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", f"run-{first['RUN_ID']}" if whole_run else first["BATCH_ID"]).lstrip(".")
    path = output or Path("reports") / f"{name or 'batch'}.html"
    _write(path, render(found, now=now()))
    count = counted(len(found["batches"]), "batch", "batches")
    message = (
        f"{path} is written. {f'Run of {count}' if whole_run else first['CUSTOMER_NAME'] or 'Selection'}:"
        f" {total['ITEMS_SUCCEEDED']:,} of {counted(total['ITEMS_PLANNED'], 'order', form=',')} and"
        f" {total['SUBITEMS_SUCCEEDED']:,} of {counted(total['SUBITEMS_PLANNED'], 'size', form=',')} are on the board,"
        f" {total['ITEMS_FAILED'] + total['SUBITEMS_FAILED']:,} failed,"
        f" {total['ITEMS_LEFT'] + total['SUBITEMS_LEFT']:,} left."
    )
    data: dict[str, Any] = {"run_id": first["RUN_ID"]}
    if not whole_run:
        data |= {"batch_id": first["BATCH_ID"], "customer": first["CUSTOMER_NAME"], "batch_status": first["STATUS"]}
        data["seconds"] = first["SECONDS"]
    data |= {"batches": len(found["batches"])}
    data |= {name.lower(): total[name] for name in (*COUNTERS, *KINDS)}
    data |= {"adopted": total["ROWS_ADOPTED"], **{name.lower(): total[name] for name in COST}}
    data |= {"minutes_at_limit": round(total["COMPLEXITY_USED"] / POINTS_A_MINUTE, 3), "day_calls": found["day_calls"]}
    data |= {"held_changes": held_changes(found["held"]), "path": str(path)}
    return Result("report", f"{message} {held_sentence(found['held'])}" if found["held"] else message, 0, data)


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
        "requests": session.query("report/requests", [key], by=by, whole=False),
        "groups": session.query("report/changes", [key], by=by),
        "failures": session.query("report/failures", [key, key], by=by, reasons=False, most=MOST_FAILURES),
        "reasons": session.query("report/failures", [key, key], by=by, reasons=True, most=MOST_FAILURES),
    }
    batches = [
        _batch(
            row, {name: [each for each in rows if each["BATCH_ID"] == row["BATCH_ID"]] for name, rows in parts.items()}
        )
        for row in (in_run if whole_run else found)
    ]
    of_run = session.query("report/requests", [run_id], by="run", whole=True)
    run_cost = _summed(of_run, COST)
    day = dt.datetime.combine((found[0]["FINISHED_AT"] or found[0]["STARTED_AT"]).date(), dt.time())
    tables = session.tables()
    build = session.query("push/build") if BUILD_TABLE.upper() in tables else []
    return {
        "batches": batches,
        "others": [] if whole_run else [row for row in in_run if row["BATCH_ID"] != shown],
        "whole_run": whole_run,
        "total": _summed(batches, (*COUNTERS, *KINDS, *COST, "ROWS_ADOPTED")) | (run_cost if whole_run else {}),
        "run_cost": run_cost,
        "timeline": time_line(in_run, of_run),
        "day": day.date(),
        "day_calls": session.query("report/calls_between", [day, day + dt.timedelta(days=1)])[0]["CALLS"],
        "held": session.query("push/held_changes") if "STG_MON_HELDCHANGES" in tables else [],
        "cells": session.query("report/cells", [key, key], by=by),
        "scope": " ".join(out_of_scope(row).sentences[0] for row in build if row.get("OUT_OF_SCOPE_ROWS")),
    }


def _summed(rows: Iterable[Row], names: Iterable[str]) -> dict[str, int]:
    return {name: round(sum(row[name] or 0 for row in rows)) for name in names}


def _batch(row: Row, parts: dict[str, list[Row]]) -> dict[str, Any]:
    """Return a batch with all that the page shows of it."""
    requests = parts["requests"]
    sums = _summed([row], COUNTERS) | _summed(parts["groups"], KINDS) | _summed(requests, (*COST, "ROWS_ADOPTED"))
    more: dict[str, Any] = {
        "runs": len({request["RUN_ID"] for request in requests} | {row["RUN_ID"]}),
        "timeline": time_line([row], requests),
        "config": _pairs(row["CONFIG_SNAPSHOT"]),
        "filters": _pairs(row["FILTERS"]),
    }
    return {**row, **parts, **sums, **more}


def _pairs(text: str | None) -> list[tuple[str, str]]:
    """Return a JSON object of the table as pairs of text, without what is null; anything else as it stands."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return [("", text or "")]
    return [
        (name.replace("_", " "), value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in found.items()
        if value is not None
    ]


def _write(path: Path, text: str) -> None:
    """Replace the file as a whole: a page that exists is either the old one or the new one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".report-", suffix=".html", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"The report can't be written to {path} ({error.strerror or type(error).__name__}); choose a file that you"
            " may write with --output."
        ) from None
