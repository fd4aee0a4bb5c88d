"""``status`` shows what runs, waits and failed; ``retry`` makes failed rows due again."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from sync.database import Row, connect
from sync.errors import DatabaseError, UsageError
from sync.output import SEVERAL, Result, Table, counted, either, told
from sync.push.plan import ITEM, SUBITEM
from sync.push.staged import check_build, check_filters, dated, minute, set_aside
from sync.session import open_session, utc_now

LISTED = (
    ("Last batches", "batch, customer, status, began, ended, orders, sizes, failed, left", "last_batches"),
    (
        "Batches of the last 24 hours",
        "batch, customer, type, status, started, seconds, records, done, failed, %, why",
        "batches",
    ),
    ("Backlog", "batch, customer, orders, sizes", "backlog"),
    ("Open errors", "what, class, rows, held", "errors_by_class"),
    ("Cells left blank", "what, column, cells, due, for example", "cells_by_column"),
    ("Last errors", "order, size, class, code, message, attempt, when", "last_errors"),
)
"""Tables: title, header, and the figure whose rows they show. All but the first are for ``--all``."""


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
        waiting = {level: session.query("push/count_work", selection=(), level=level) for level in (ITEM, SUBITEM)}
        listed = {
            "batches": session.query("status/batches"),
            "errors_by_class": session.query("status/error_classes"),
            "last_errors": session.query("status/last_errors"),
            "cells_by_column": session.query("status/cells"),
        }
        build = session.query("push/build")
        unknown = len(session.query("push/open_requests"))
        facts = dict(build[0]) if build else {}
        aside = set_aside(session, facts)
    backlog, kinds = _backlog(waiting)
    orders, sizes = (counts.total() for counts in kinds.values())
    running = sum(int(row["BATCHES"]) for row in runs)
    data = {
        "running_batches": running,
        "backlog_orders": orders,
        "backlog_sizes": sizes,
        "held_rows": sum(int(row["ROWS_HELD"] or 0) for row in listed["errors_by_class"]),
        "open_requests": unknown,
        **aside.data,
        "runs": runs,
        "last_push": pushed[0] if pushed else None,
        "backlog_by_kind": kinds,
        "last_batches": latest,
        "build": facts,
        **listed,
        "cells_left_out": sum(int(row["CELLS"]) for row in listed["cells_by_column"]),
        "backlog": backlog,
        "read_from_copy": copied is not None,
        "refusal": None,
    }
    tables: list[Table] = [("How things stand", ("what", "value"), _summary(data)), *_listed(data, LISTED[:1])]
    if everything:
        details = [(name.lower().replace("_", " "), value) for name, value in facts.items()]
        tables += [("Last build", ("what", "value"), details), *_listed(data, LISTED[1:]), *aside.tables]
    result = Result("status", "", 0, data, [table for table in tables if table[2]])
    what = f"{counted(running, 'batch', 'batches')} {either(running, 'runs', 'run')}" if running else "No batch runs"
    wait = f"{counted(orders, 'order', form=',')} and {counted(sizes, 'size', form=',')} wait"
    sentences = told(
        (True, f"{what}, {wait if orders or sizes else 'nothing waits'} to be pushed."),
        (
            unknown,
            f"{counted(unknown, 'request')} {either(unknown, 'has', 'have')} no outcome yet: the next push settles"
            f" {either(unknown, 'it', 'them')}.",
        ),
        (aside.held, aside.held),
    )
    result.message = " ".join([*sentences, *aside.sentences])
    if copied:
        result.lines.append(f"{copied.partition(';')[0]}; this was read from a copy of it, made at {now:%H:%M:%S} UTC.")
    try:
        check_build(build, session.mapping.hash)
    except DatabaseError as refusal:
        data["refusal"] = str(refusal)
        result.lines.append(f"warning: a push would be refused: {refusal}")
    return dated(result, facts, now) if facts else result


def _backlog(waiting: Mapping[str, Sequence[Row]]) -> tuple[list[dict[str, Any]], dict[str, Counter[str]]]:
    """Return what waits by batch, and the orders and sizes that wait by kind of change."""
    batches: dict[str, dict[str, Any]] = {}
    kinds: dict[str, Counter[str]] = {"orders": Counter(), "sizes": Counter()}
    for level, name in ((ITEM, "orders"), (SUBITEM, "sizes")):
        for row in waiting[level]:
            first = {"batch_id": row["BATCH_ID"], "customer": row["BATCH_CUSTOMER"], "orders": 0, "sizes": 0}
            batches.setdefault(row["BATCH_ID"], first)[name] += int(row["ROWS_STAGED"])
            kinds[name][row["KIND"].lower().replace("_", " ")] += int(row["ROWS_STAGED"])
    return [batches[id_] for id_ in sorted(batches)], kinds


def _summary(data: Mapping[str, Any]) -> list[tuple[str, object]]:
    """Say what runs, since when and how far it is; what was pushed last; what is staged."""
    lines: list[tuple[str, object]] = []
    for row in data["runs"]:
        planned, batches = int(row["PLANNED"]), counted(int(row["BATCHES"]), "batch", "batches")
        heard = f", last heard at {row['LIVED_AT']:%H:%M:%S} UTC" if row["LIVED_AT"] else ""
        lines += [
            ("run", f"{row['RUN_ID']} of {row['STARTED_BY'] or 'nobody known'}"),
            ("since", row["BEGAN_AT"]),
            ("how far", f"{int(row['DONE']):,} of {counted(planned, 'row', form=',')} in {batches}{heard}"),
        ]
    lines = lines or [("run", "none at work")]
    if pushed := data["last_push"]:
        did = f"{counted(int(pushed['ORDERS']), 'order')} and {counted(int(pushed['SIZES']), 'size')}"
        lines.append(("last push", f"{did} at {minute(pushed['ENDED_AT'])}, run {pushed['RUN_ID']}"))
    if build := data["build"]:
        staged = counted(int(build["STAGED_ROWS"]), "order", form=",")
        lines.append(("build", f"{build['STATE'].lower()}, {staged} staged"))
    for level, counts in data["backlog_by_kind"].items():
        if counts:
            said = ", ".join(f"{number:,} to {kind}" for kind, number in sorted(counts.items()))
            lines.append((f"{level} staged", said))
    return lines


def _listed(data: Mapping[str, Any], listed: Iterable[tuple[str, str, str]]) -> list[Table]:
    """Return tables of what was read; a batch without a customer is one of several."""
    tables: list[Table] = []
    for title, header, rows in listed:
        names = header.split(", ")
        named = [row | {"CUSTOMER_NAME": row["CUSTOMER_NAME"] or SEVERAL} if "CUSTOMER_NAME" in row else row
                 for row in data[rows]]  # fmt: skip
        tables.append((title, names, [list(row.values())[: len(names)] for row in named]))
    return tables


def retry(env: Mapping[str, str], batch: str | None, customer: str | None) -> Result:
    """Close the open errors that hold rows back; the next build stages those rows, with fresh attempts."""
    with open_session(env) as session:
        session.require(staged=False)
        if customer:  # the error tables know the canonical name alone
            customer = check_filters(session, {"customer": customer})[0]
        given = {name: value for name, value in (("batch", batch), ("customer", customer)) if value}
        if batch and not session.query("status/pushed_batch", [batch] * 3):
            raise UsageError("No batch of that id was ever pushed; `python -m sync status` lists the last errors.")
        with session.database.transaction():
            orders, sizes, cells, size_cells = (
                session.execute(name, [utc_now(), *given.values()], level=level, filters=tuple(given))
                for name in ("status/retry", "push/cells_due")
                for level in (ITEM, SUBITEM)
            )
    cells += size_cells
    due = told(
        (orders + sizes, f"{counted(orders, 'error')} of orders and {sizes} of sizes"),
        (cells, f"{counted(cells, 'cell')} that {either(cells, 'was', 'were')} left blank"),
    )
    message = (
        f"{' and '.join(due)} {either(orders + sizes + cells, 'is', 'are')} due again: the next `dbt build` stages the"
        " rows, the push after it sends them."
        if due
        else "No rejected or dead-lettered row matches."
    )
    return Result("retry", message, 0, {"orders": orders, "sizes": sizes, "cells": cells})
