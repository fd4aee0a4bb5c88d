"""``status``: what runs, what waits, what went wrong."""

from __future__ import annotations

from collections.abc import Mapping

from sync.held import held_data, held_sentence, held_table
from sync.output import Result, Table
from sync.session import open_session
from sync.words import counted, either
from sync.work import ITEM, SUBITEM


def status(env: Mapping[str, str]) -> Result:
    """Batches of the last 24 hours, backlog per batch, open errors by class, the last errors."""
    with open_session(env, read_only=True) as session:
        session.require(staged=True)
        batches = session.query("status/batches")
        backlog = session.query("push/count_work", selection=(), level=ITEM)
        sizes = session.query("push/count_work", selection=(), level=SUBITEM)
        classes = session.query("status/error_classes")
        errors = session.query("status/last_errors")
        build = session.query("push/build")
        held = session.query("push/held_changes")
        open_requests = session.query("push/open_requests")
    by_batch: dict[str, list[int]] = {}
    names: dict[str, str] = {}
    for level, rows in ((0, backlog), (1, sizes)):
        for row in rows:
            by_batch.setdefault(row["BATCH_ID"], [0, 0])[level] += int(row["ROWS_STAGED"])
            names[row["BATCH_ID"]] = row["BATCH_CUSTOMER"]
    running = sum(1 for row in batches if row["STATUS"] in ("STARTED", "ITEMS_CREATED", "SUBITEMS_CREATED"))
    items, subitems = (sum(counts[level] for counts in by_batch.values()) for level in (0, 1))
    dead = sum(int(row["ROWS_HELD"] or 0) for row in classes)
    data = {
        "running_batches": running, "backlog_orders": items, "backlog_sizes": subitems, "held_rows": dead,
        "open_requests": len(open_requests), **held_data(build[0] if build else {}, held),
        "build": dict(build[0]) if build else {},
        "batches": batches, "errors_by_class": classes, "last_errors": errors,
        "backlog": [
            {"batch_id": batch, "customer": names[batch], "orders": counts[0], "sizes": counts[1]}
            for batch, counts in sorted(by_batch.items())
        ],
    }  # fmt: skip
    tables: list[Table] = [
        ("Batches of the last 24 hours", ("batch", "customer", "status", "seconds", "records", "failed"),
         [(r["BATCH_ID"], r["CUSTOMER_NAME"], r["STATUS"], r["DURATION_SECONDS"], r["TOTAL_RECORDS"],
           r["FAILED_RECORDS"]) for r in batches]),
        ("Backlog", ("batch", "customer", "orders", "sizes"),
         [(batch, names[batch], *counts) for batch, counts in sorted(by_batch.items())]),
        ("Open errors", ("what", "class", "rows", "held"),
         [(r["LEVEL_NAME"], r["ERROR_CLASS"], r["ROWS_OPEN"], r["ROWS_HELD"]) for r in classes]),
        ("Last errors", ("order", "size", "class", "message"),
         [(r["ORDER_KEY"], r["SIZE_LABEL"] or "", r["ERROR_CLASS"], r["ERROR_MESSAGE"]) for r in errors]),
        *held_table(held),
    ]  # fmt: skip
    unknown = len(open_requests)
    message = (
        f"{counted(running, 'batch', 'batches')} {either(running, 'runs', 'run')}, {counted(items, 'order')} and"
        f" {counted(subitems, 'size')} wait, {counted(dead, 'row')} {either(dead, 'is', 'are')} held by errors,"
        f" {counted(unknown, 'request')} {either(unknown, 'has', 'have')} no outcome yet."
    )
    if held:
        message += f" {held_sentence(held)}"
    return Result("status", message, 0, data, [table for table in tables if table[2]])
