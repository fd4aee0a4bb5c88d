"""``report``: write one batch, or a whole run, as a page."""

from __future__ import annotations

import datetime as dt
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sync.errors import ConfigurationError
from sync.output import Result
from sync.push.staged import held_changes, held_sentence
from sync.report.page import render
from sync.report.reading import Report, read_report
from sync.session import open_session, utc_now
from sync.words import counted

FOLDER = Path("reports")


def report(
    env: Mapping[str, str],
    batch_id: str | None,
    output: Path | None,
    *,
    whole_run: bool = False,
    now: Callable[[], dt.datetime] = utc_now,
) -> Result:
    """Write the page of a batch (None: the last one that ended), or of its run; the result names the file.

    Reads only. ``output``: where to; by default ``reports/<batch id>.html`` in the working directory.
    """
    with open_session(env, read_only=True) as session:
        session.require(staged=False)
        found = read_report(session, batch_id, whole_run=whole_run)
    if found is None:
        message = (
            "No batch was pushed yet, so there is nothing to report on; `python -m sync push --batch` comes first."
        )
        return Result("report", message, 0, {"path": None})
    path = output or FOLDER / f"{_file_name(found)}.html"
    _write(path, render(found, now=now()))
    return Result("report", _sentence(found, path), 0, _figures(found) | {"path": str(path)})


def _file_name(found: Report) -> str:
    row = found.first.row
    name = f"run-{row['RUN_ID']}" if found.whole_run else str(row["BATCH_ID"])
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name).lstrip(".") or "batch"


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
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigurationError(
            f"The report can't be written to {path} ({error.strerror or type(error).__name__}); choose a file that you"
            " may write with --output."
        ) from None


def _sentence(found: Report, path: Path) -> str:
    items, sizes, row = found.items, found.sizes, found.first.row
    what = (
        f"Run of {counted(len(found.batches), 'batch', 'batches')}"
        if found.whole_run
        else str(row["CUSTOMER_NAME"] or "Selection")
    )
    return (
        f"{path} is written. {what}: {items.succeeded:,} of {counted(items.planned, 'order', form=',')} and"
        f" {sizes.succeeded:,} of {counted(sizes.planned, 'size', form=',')} are on the board,"
        f" {items.failed + sizes.failed:,} failed, {items.left + sizes.left:,} left."
        + (f" {held_sentence(found.held)}" if found.held else "")
    )


def _figures(found: Report) -> dict[str, Any]:
    row, items, sizes = found.first.row, found.items, found.sizes
    cost = found.run_cost if found.whole_run else found.first.cost
    changes = {f"items_{kind}": found.changes[kind] for kind in ("created", "updated", "moved", "archived")}
    return {
        "run_id": row["RUN_ID"],
        **(
            {}
            if found.whole_run
            else {
                "batch_id": row["BATCH_ID"],
                "customer": row["CUSTOMER_NAME"],
                "batch_status": row["STATUS"],
                "seconds": found.first.seconds,
            }
        ),
        "batches": len(found.batches),
        "items_planned": items.planned,
        "items_succeeded": items.succeeded,
        "items_failed": items.failed,
        "items_left": items.left,
        "subitems_planned": sizes.planned,
        "subitems_succeeded": sizes.succeeded,
        "subitems_failed": sizes.failed,
        "subitems_left": sizes.left,
        **changes,
        "subitems_created": found.changes["sizes created"],
        "subitems_updated": found.changes["sizes updated"],
        "adopted": found.adopted,
        "api_calls": cost.calls,
        "api_retries": cost.retries,
        "complexity_used": cost.points,
        "minutes_at_limit": round(cost.minutes, 3),
        "day_calls": found.day_calls,
        "held_changes": held_changes(found.held),
    }
