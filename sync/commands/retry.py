"""``retry``: rejected and dead-lettered rows are made due again, and so are cells that were left blank."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.errors import UsageError
from sync.known import check_filters
from sync.output import Result
from sync.session import open_session, utc_now
from sync.words import counted, either


def retry(env: Mapping[str, str], batch: str | None, customer: str | None) -> Result:
    """Closes the open errors that hold rows back; the next build stages those rows, with fresh attempts."""
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
