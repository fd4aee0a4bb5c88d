"""``status`` shows what runs, waits and failed; ``retry`` makes failed rows due again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.errors import DatabaseError, UsageError
from sync.output import SEVERAL, Result, Table
from sync.push.plan import ITEM, SUBITEM
from sync.push.staged import check_build, check_filters, dated, held_data, held_sentence, held_table, set_aside
from sync.session import open_session, utc_now
from sync.words import counted, either


def status(env: Mapping[str, str]) -> Result:
    """Show the batches of the last 24 hours, the backlog of each batch, open errors by class, and the last errors."""
    with open_session(env, read_only=True) as session:
        session.require(staged=True)
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
    for level, rows in ((0, backlog), (1, sizes)):
        for row in rows:
            by_batch.setdefault(row["BATCH_ID"], [0, 0])[level] += int(row["ROWS_STAGED"])
            names[row["BATCH_ID"]] = row["BATCH_CUSTOMER"]
    running = sum(1 for row in batches if row["STATUS"] in ("STARTED", "ITEMS_CREATED", "SUBITEMS_CREATED"))
    items, subitems = (sum(counts[level] for counts in by_batch.values()) for level in (0, 1))
    blank = sum(int(row["CELLS"]) for row in cells)
    dead = sum(int(row["ROWS_HELD"] or 0) for row in classes)
    facts = dict(build[0]) if build else {}
    data = {
        "running_batches": running,
        "backlog_orders": items,
        "backlog_sizes": subitems,
        "held_rows": dead,
        "open_requests": len(open_requests),
        **held_data(facts, held),
        **aside.data,
        "build": facts,
        "batches": batches,
        "errors_by_class": classes,
        "last_errors": errors,
        "cells_left_out": blank,
        "cells_by_column": cells,
        "backlog": [
            {"batch_id": batch, "customer": names[batch], "orders": counts[0], "sizes": counts[1]}
            for batch, counts in sorted(by_batch.items())
        ],
    }
    tables: list[Table] = [
        ("Last build", ("what", "value"), [(name.lower().replace("_", " "), value) for name, value in facts.items()]),
        (
            "Batches of the last 24 hours",
            ("batch", "customer", "type", "status", "started", "seconds", "records", "done", "failed", "%", "why"),
            [
                (
                    r["BATCH_ID"],
                    r["CUSTOMER_NAME"] or SEVERAL,
                    r["BATCH_TYPE"],
                    r["STATUS"],
                    r["START_TIME"],
                    r["DURATION_SECONDS"],
                    r["TOTAL_RECORDS"],
                    r["SUCCESSFUL_RECORDS"],
                    r["FAILED_RECORDS"],
                    r["SUCCESS_PERCENTAGE"],
                    r["ERROR_SUMMARY"],
                )
                for r in batches
            ],
        ),
        (
            "Backlog",
            ("batch", "customer", "orders", "sizes"),
            [(batch, names[batch], *counts) for batch, counts in sorted(by_batch.items())],
        ),
        (
            "Open errors",
            ("what", "class", "rows", "held"),
            [(r["LEVEL_NAME"], r["ERROR_CLASS"], r["ROWS_OPEN"], r["ROWS_HELD"]) for r in classes],
        ),
        (
            "Cells left blank",
            ("what", "column", "cells", "due", "for example"),
            [(r["LEVEL_NAME"], r["COLUMN_NAME"], r["CELLS"], r["CELLS_DUE"], r["EXAMPLE"]) for r in cells],
        ),
        (
            "Last errors",
            ("order", "size", "class", "code", "attempt", "when", "message"),
            [
                (
                    r["ORDER_KEY"],
                    r["SIZE_LABEL"],
                    r["ERROR_CLASS"],
                    r["ERROR_CODE"],
                    r["ATTEMPT"],
                    r["CREATED_AT"],
                    r["ERROR_MESSAGE"],
                )
                for r in errors
            ],
        ),
        *held_table(held),
    ]
    unknown = len(open_requests)
    runs = f"{counted(running, 'batch', 'batches')} {either(running, 'runs', 'run')}" if running else "No batch runs"
    waits = f"{counted(items, 'order')} and {counted(subitems, 'size')} wait" if items or subitems else "nothing waits"
    sentences = [f"{runs}, {waits} to be pushed."]
    if unknown:
        sentences.append(
            f"{counted(unknown, 'request')} {either(unknown, 'has', 'have')} no outcome yet: the next push settles"
            f" {either(unknown, 'it', 'them')}."
        )
    if held:
        sentences.append(held_sentence(held))
    message = " ".join([*sentences, *aside.sentences])
    result = Result("status", message, 0, data, [table for table in tables if table[2]])
    data["refusal"] = None
    try:
        check_build(build, session.mapping.hash)
    except DatabaseError as refusal:
        data["refusal"] = str(refusal)
        result.lines.append(f"A push would be refused: {refusal}")
    return dated(result, build[0], utc_now()) if build else result


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
