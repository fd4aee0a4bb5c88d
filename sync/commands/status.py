"""``status`` shows what runs, waits and failed; ``retry`` makes failed rows due again."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from sync.database import Row, connect
from sync.errors import DatabaseError, UsageError
from sync.output import SEVERAL, Result, Table
from sync.push.plan import ITEM, SUBITEM
from sync.push.staged import check_build, check_filters, dated, held_data, held_sentence, held_table, minute, set_aside
from sync.session import open_session, utc_now
from sync.words import counted, either


def status(env: Mapping[str, str], *, everything: bool = False) -> Result:
    """Show on one screen how things stand; ``everything``: each batch, error and cell besides.

    A DuckDB file that a run holds is read from a copy of it.
    """
    now = utc_now()
    with open_session(env, read_only=True, connect=partial(connect, copy=True)) as session:
        session.require(staged=True)
        copied = session.database.copied
        # A DuckDB file that nobody holds has nobody at work, whatever a run that was killed left in it.
        free = session.database.sole_writer and copied is None
        runs = [] if free else session.query("status/runs", [now])
        pushed = session.query("status/last_push")
        latest = session.query("status/last_batches", [now + dt.timedelta(days=1) if free else now])
        batches = session.query("status/batches")
        backlog = session.query("push/count_work", selection=(), level=ITEM)
        sizes = session.query("push/count_work", selection=(), level=SUBITEM)
        classes = session.query("status/error_classes")
        errors = session.query("status/last_errors")
        cells = session.query("status/cells")
        build = session.query("push/build")
        held = session.query("push/held_changes")
        open_requests = session.query("push/open_requests")
        aside = set_aside(session, build[0] if build else {})
    by_batch: dict[str, list[int]] = {}
    names: dict[str, str] = {}
    kinds: dict[str, Counter[str]] = {"orders": Counter(), "sizes": Counter()}
    for level, (counts, rows) in enumerate(zip(kinds.values(), (backlog, sizes), strict=True)):
        for row in rows:
            by_batch.setdefault(row["BATCH_ID"], [0, 0])[level] += int(row["ROWS_STAGED"])
            names[row["BATCH_ID"]] = row["BATCH_CUSTOMER"]
            counts[row["KIND"].lower().replace("_", " ")] += int(row["ROWS_STAGED"])
    running = sum(int(row["BATCHES"]) for row in runs)
    items, subitems = (sum(counts[level] for counts in by_batch.values()) for level in (0, 1))
    unknown = len(open_requests)
    facts = dict(build[0]) if build else {}
    data = {
        "running_batches": running,
        "backlog_orders": items,
        "backlog_sizes": subitems,
        "held_rows": sum(int(row["ROWS_HELD"] or 0) for row in classes),
        "open_requests": unknown,
        **held_data(facts, held),
        **aside.data,
        "runs": runs,
        "last_push": pushed[0] if pushed else None,
        "backlog_by_kind": kinds,
        "last_batches": latest,
        "build": facts,
        "batches": batches,
        "errors_by_class": classes,
        "last_errors": errors,
        "cells_left_out": sum(int(row["CELLS"]) for row in cells),
        "cells_by_column": cells,
        "backlog": [
            {"batch_id": batch, "customer": names[batch], "orders": counts[0], "sizes": counts[1]}
            for batch, counts in sorted(by_batch.items())
        ],
        "read_from_copy": copied is not None,
    }
    summary: list[tuple[str, object]] = [line for row in runs for line in _run(row)] or [("run", "none at work")]
    summary += [("last push", _pushed(row)) for row in pushed]
    summary += (
        [("build", f"{facts['STATE'].lower()}, {counted(int(facts['STAGED_ROWS']), 'order', form=',')} staged")]
        if facts
        else []
    )
    summary += [
        (f"{level} staged", ", ".join(f"{number:,} to {kind}" for kind, number in sorted(counts.items())))
        for level, counts in kinds.items()
        if counts
    ]
    tables: list[Table] = [
        ("How things stand", ("what", "value"), summary),
        (
            "Last batches",
            ("batch", "customer", "status", "began", "ended", "orders", "sizes", "failed", "left"),
            [
                (
                    row["BATCH_ID"], row["CUSTOMER_NAME"] or SEVERAL, row["STATUS"], _second(row["BEGAN_AT"]),
                    _second(row["FINISHED_AT"]), row["ITEMS_SUCCEEDED"], row["SUBITEMS_SUCCEEDED"], row["FAILED"],
                    row["ROWS_LEFT"],
                )
                for row in latest
            ],
        ),
    ]  # fmt: skip
    if everything:
        tables += _details(data, held)
    what = f"{counted(running, 'batch', 'batches')} {either(running, 'runs', 'run')}" if running else "No batch runs"
    waits = (
        f"{counted(items, 'order', form=',')} and {counted(subitems, 'size', form=',')} wait"
        if items or subitems
        else "nothing waits"
    )
    sentences = [f"{what}, {waits} to be pushed."]
    if unknown:
        sentences.append(
            f"{counted(unknown, 'request')} {either(unknown, 'has', 'have')} no outcome yet: the next push settles"
            f" {either(unknown, 'it', 'them')}."
        )
    if held:
        sentences.append(held_sentence(held))
    message = " ".join([*sentences, *aside.sentences])
    result = Result("status", message, 0, data, [table for table in tables if table[2]])
    if copied:
        result.lines.append(f"{copied.partition(';')[0]}; this was read from a copy of it, made at {now:%H:%M:%S} UTC.")
    data["refusal"] = None
    try:
        check_build(build, session.mapping.hash)
    except DatabaseError as refusal:
        data["refusal"] = str(refusal)
        result.lines.append(f"warning: a push would be refused: {refusal}")
    return dated(result, build[0], now) if build else result


def _second(moment: dt.datetime | None) -> dt.datetime | None:
    """Return a moment to the second; none for none."""
    return moment.replace(microsecond=0) if moment else None


def _run(row: Row) -> list[tuple[str, object]]:
    """Say which run is at work, since when, and how far it is."""
    planned, batches = int(row["PLANNED"]), counted(int(row["BATCHES"]), "batch", "batches")
    heard = f", last heard at {row['LIVED_AT']:%H:%M:%S} UTC" if row["LIVED_AT"] else ""
    return [
        ("run", f"{row['RUN_ID']} of {row['STARTED_BY'] or 'nobody known'}"),
        ("since", _second(row["BEGAN_AT"])),
        ("how far", f"{int(row['DONE']):,} of {counted(planned, 'row', form=',')} in {batches}{heard}"),
    ]


def _pushed(row: Row) -> str:
    """Say what the last push that got something through did, and when."""
    return (
        f"{counted(int(row['ORDERS']), 'order')} and {counted(int(row['SIZES']), 'size')} at {minute(row['ENDED_AT'])},"
        f" run {row['RUN_ID']}"
    )


def _details(data: Mapping[str, Any], held: Sequence[Row]) -> list[Table]:
    """Return what the one screen leaves out."""
    return [
        ("Last build", ("what", "value"), [(n.lower().replace("_", " "), v) for n, v in data["build"].items()]),
        (
            "Batches of the last 24 hours",
            ("batch", "customer", "type", "status", "started", "seconds", "records", "done", "failed", "%", "why"),
            [
                (row["BATCH_ID"], row["CUSTOMER_NAME"] or SEVERAL, row["BATCH_TYPE"], *list(row.values())[3:])
                for row in data["batches"]
            ],
        ),
        ("Backlog", ("batch", "customer", "orders", "sizes"), [tuple(row.values()) for row in data["backlog"]]),
        ("Open errors", ("what", "class", "rows", "held"), [tuple(row.values()) for row in data["errors_by_class"]]),
        (
            "Cells left blank",
            ("what", "column", "cells", "due", "for example"),
            [
                (row["LEVEL_NAME"], row["COLUMN_NAME"], row["CELLS"], row["CELLS_DUE"], row["EXAMPLE"])
                for row in data["cells_by_column"]
            ],
        ),
        (
            "Last errors",
            ("order", "size", "class", "code", "message", "attempt", "when"),
            [tuple(row.values()) for row in data["last_errors"]],
        ),
        *held_table(held),
    ]


def retry(env: Mapping[str, str], batch: str | None, customer: str | None) -> Result:
    """Close the open errors that hold rows back; the next build stages those rows, with fresh attempts."""
    counts, cells = [], 0
    with open_session(env) as session:
        session.require(staged=False)
        if customer and customer.strip():  # the error tables know the canonical name alone
            customer = check_filters(session, {"customer": customer})[0]
        filters = tuple(name for name, value in (("batch", batch), ("customer", customer)) if value and value.strip())
        params: list[Any] = [value.strip() for value in (batch, customer) if value and value.strip()]
        if "batch" in filters and not session.query("status/pushed_batch", [params[0]] * 3):
            raise UsageError("No batch of that id was ever pushed; `python -m sync status` lists the last errors.")
        with session.database.transaction():
            for level in ("ITEM", "SUBITEM"):
                sql = session.statements.get("status/retry", level=level, filters=filters)
                counts.append(session.database.execute(sql, [utc_now(), *params]))
                sql = session.statements.get("push/cells_due", level=level, filters=filters)
                cells += session.database.execute(sql, [utc_now(), *params])
    total = sum(counts)
    due = [f"{counted(counts[0], 'error')} of orders and {counts[1]} of sizes"] if total else []
    due += [f"{counted(cells, 'cell')} that {either(cells, 'was', 'were')} left blank"] if cells else []
    are = either(total + cells, "is", "are")
    message = (
        f"{' and '.join(due)} {are} due again: the next `dbt build` stages the rows, the push after it sends them."
        if due
        else "No rejected or dead-lettered row matches."
    )
    return Result("retry", message, 0, {"orders": counts[0], "sizes": counts[1], "cells": cells})
